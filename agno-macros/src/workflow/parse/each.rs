//! `each pages |url| (limit = 8) { fetch; }`

use proc_macro2::Ident;
use syn::{Token, parse::ParseStream};

use super::{block, options};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::Each,
};

pub(super) fn parse_each(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Each> {
    let keyword: Ident = input.parse()?;
    let name = block::parse_name(input, &keyword)?;
    let items = parse_bars(input)?;
    if let [_, second, ..] = items.as_slice() {
        errors.at(second.span(), messages::EACH_HAS_ONE_ITEM);
    }
    let (options, special) = options::parse_options(input, &options::EACH, errors)?;
    let body = block::parse_block(input, "each", &name, errors)?;
    Ok(Each { name, item: items.into_iter().next(), limit: special.limit.into_value(), options, body })
}

/// `|item|`: names for what a body starts with.
pub(super) fn parse_bars(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let mut names = Vec::new();
    if input.parse::<Option<Token![||]>>()?.is_some() || input.parse::<Option<Token![|]>>()?.is_none() {
        return Ok(names);
    }
    while !input.peek(Token![|]) {
        names.push(input.parse()?);
        if input.parse::<Option<Token![,]>>()?.is_none() {
            break;
        }
    }
    input.parse::<Token![|]>()?;
    Ok(names)
}

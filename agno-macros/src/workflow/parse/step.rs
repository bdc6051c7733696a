//! `write(topic, 5) as second_write with (retry = 2);`

use proc_macro2::Ident;
use syn::{Token, parse::ParseStream, token};

use super::{End, args, block, mistake, options};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::Step,
};

pub(super) fn parse_step(input: ParseStream<'_>, end: End, errors: &mut Errors) -> syn::Result<Step> {
    let call = args::parse_call(input, errors)?;
    let last = call.path.segments.last().map_or_else(|| input.span(), |segment| segment.ident.span());
    let name = call.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    let alias = parse_alias(input)?;
    if let (Some(alias), true) = (&alias, input.peek(token::Paren)) {
        return mistake(alias.span(), messages::alias_before_arguments(&name, alias));
    }
    let (options, _) = options::parse_with(input, &options::CALL, errors)?;
    let behind = input.span();
    block::parse_end(input, end, alias.as_ref().map_or(last, Ident::span), &name, errors)?;
    Ok(Step { call, alias, options, end: behind })
}

/// `as name`
pub(super) fn parse_alias(input: ParseStream<'_>) -> syn::Result<Option<Ident>> {
    if !input.peek(Token![as]) {
        return Ok(None);
    }
    let keyword: Token![as] = input.parse()?;
    input.parse().map(Some).map_err(|_| syn::Error::new(keyword.span, messages::ALIAS_EXPECTED))
}

//! `map |draft| draft.title.clone();` · `map as total |a, b| a + b;`

use proc_macro2::Ident;
use syn::{ExprClosure, parse::ParseStream, spanned::Spanned};

use super::{End, block, options, step};
use crate::{diag::Errors, workflow::ast::Map};

pub(super) fn parse_map(input: ParseStream<'_>, end: End, errors: &mut Errors) -> syn::Result<Map> {
    let keyword: Ident = input.parse()?;
    let alias = step::parse_alias(input)?;
    let closure: ExprClosure = input.parse()?;
    let (options, _) = options::parse_with(input, &options::MAP, errors)?;
    block::parse_end(input, end, closure.body.span(), "map", errors)?;
    Ok(Map { keyword, alias, closure, options })
}

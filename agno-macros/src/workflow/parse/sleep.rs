//! `sleep "10m";` · `sleep as nap "10m";`

use proc_macro2::Ident;
use syn::parse::ParseStream;

use super::{End, block, options, step};
use crate::{args::DurationLit, diag::Errors, workflow::ast::Sleep};

pub(super) fn parse_sleep(input: ParseStream<'_>, end: End, errors: &mut Errors) -> syn::Result<Sleep> {
    let keyword: Ident = input.parse()?;
    let alias = step::parse_alias(input)?;
    let duration: DurationLit = input.parse()?;
    let (options, _) = options::parse_with(input, &options::SLEEP, errors)?;
    block::parse_end(input, end, duration.span(), "sleep", errors)?;
    Ok(Sleep { keyword, alias, duration, options })
}

//! `steps business { shorten; polish; }`

use proc_macro2::Ident;
use syn::parse::ParseStream;

use super::{block, options};
use crate::{diag::Errors, workflow::ast::Steps};

pub(super) fn parse_steps(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Steps> {
    let keyword: Ident = input.parse()?;
    let name = block::parse_name(input, &keyword)?;
    let (options, _) = options::parse_options(input, &options::STEPS, errors)?;
    let body = block::parse_block(input, "steps", &name, errors)?;
    Ok(Steps { name, options, body })
}

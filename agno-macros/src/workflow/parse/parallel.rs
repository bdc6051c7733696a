//! `parallel research (limit = 4) { hacker_news; web_search; }`

use proc_macro2::Ident;
use syn::parse::ParseStream;

use super::{block, options};
use crate::{diag::Errors, workflow::ast::Parallel};

pub(super) fn parse_parallel(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Parallel> {
    let keyword: Ident = input.parse()?;
    let name = block::parse_name(input, &keyword)?;
    let (options, special) = options::parse_options(input, &options::PARALLEL, errors)?;
    let branches = block::parse_block(input, "parallel", &name, errors)?;
    Ok(Parallel { name, limit: special.limit.into_value(), options, branches })
}

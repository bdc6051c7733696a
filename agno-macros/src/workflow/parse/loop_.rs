//! `loop refine |draft| (max = 3, until = good_enough, on_max = fail) { improve; }`

use proc_macro2::Ident;
use syn::{ext::IdentExt, parse::ParseStream, parse_quote, token};

use super::{block, each, mistake, options};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::{Loop, OnMax},
};

pub(super) fn parse_loop(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Loop> {
    let keyword = Ident::parse_any(input)?;
    if input.peek(token::Brace) || input.peek(token::Paren) {
        return mistake(keyword.span(), messages::PLAIN_LOOP);
    }
    let name = block::parse_name(input, &keyword)?;
    let drafts = each::parse_bars(input)?;
    let mistakes = errors.count();
    let (options, special) = options::parse_options(input, &options::LOOP, errors)?;
    let options::Special { limit: _, max, until, on_max, restart, many: _, default: _ } = special;
    let max = max.into_value().unwrap_or_else(|| {
        // A mistake in the options may well be the misspelt bound.
        if errors.count() == mistakes {
            errors.at(name.span(), messages::loop_needs_a_bound(&name));
        }
        parse_quote!(1)
    });
    let body = block::parse_block(input, "loop", &name, errors)?;
    Ok(Loop {
        name,
        drafts,
        max,
        until: until.into_value(),
        on_max: on_max.into_value().unwrap_or(OnMax::Accept),
        restart: restart.into_value().is_some(),
        options,
        body,
    })
}

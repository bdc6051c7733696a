//! `ask review: Review = "Publish this draft?" with (timeout = "24h", default = Review::Reject);`

use proc_macro2::Ident;
use syn::{Token, parse::ParseStream, spanned::Spanned};

use super::{End, block, mistake, options, parse_type};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::Ask,
};

pub(super) fn parse_ask(input: ParseStream<'_>, end: End, errors: &mut Errors) -> syn::Result<Ask> {
    input.parse::<Ident>()?;
    let name: Ident = input.parse()?;
    input.parse::<Token![:]>()?;
    let ty = parse_type(input, name.span(), format_args!("`ask {name}`"))?;
    if !input.peek(Token![=]) {
        return mistake(name.span(), messages::question_expected(&name));
    }
    input.parse::<Token![=]>()?;
    let question: syn::Expr = input.parse()?;
    let (options, special) = options::parse_with(input, &options::ASK, errors)?;
    block::parse_end(input, end, question.span(), &name.to_string(), errors)?;
    if let (Some(span), None) = (special.default.span(), options.timeout.span()) {
        errors.at(span, messages::DEFAULT_WITHOUT_TIMEOUT);
    }
    Ok(Ask { name, ty, question, default: special.default.into_value(), options })
}

//! Calls, decisions and the expressions in them.

use syn::{Expr, ExprClosure, Path, Token, parenthesized, parse::ParseStream, token};

use super::{mistake, recover};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::{Arguments, Call, Decision},
};

/// `path (args)?`
pub(super) fn parse_call(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Call> {
    let path = input
        .call(Path::parse_mod_style)
        .map_err(|error| if input.peek(Token![<]) { syn::Error::new(input.span(), messages::GENERIC_STEP) } else { error })?;
    if input.peek(Token![<]) || (input.peek(Token![::]) && input.peek3(Token![<])) {
        return mistake(input.span(), messages::GENERIC_STEP);
    }
    let args = if input.peek(token::Paren) { Some(parse_args(input, errors)?) } else { None };
    Ok(Call { path, args })
}

fn parse_args(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Arguments> {
    let content;
    let parens = parenthesized!(content in input).span.join();
    let mut args = Vec::new();
    while !content.is_empty() {
        match content.parse::<Expr>() {
            Ok(expr) => args.push(expr),
            Err(error) => {
                errors.push(error);
                recover::skip_rest(&content);
                break;
            }
        }
        if content.is_empty() {
            break;
        }
        if let Err(error) = content.parse::<Token![,]>() {
            errors.push(error);
            recover::skip_rest(&content);
        }
    }
    Ok(Arguments { parens, exprs: args })
}

/// A step or a closure: what decides in `what`.
pub(super) fn parse_decision(input: ParseStream<'_>, what: &str, errors: &mut Errors) -> syn::Result<Decision> {
    if is_closure(input) {
        return input.parse::<ExprClosure>().map(Decision::Closure);
    }
    let span = input.span();
    let expression = input.fork();
    if input.cursor().ident().is_some() || input.peek(Token![::]) {
        let call = parse_call(input, errors)?;
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Decision::Step(call));
        }
    }
    // For the message only: `draft.claims > 0` is one mistake, not several.
    let _ = expression.parse::<Expr>();
    mistake(span, messages::decision_expected(what))
}

pub(super) fn is_closure(input: ParseStream<'_>) -> bool {
    input.peek(Token![|]) || input.peek(Token![||]) || input.peek(Token![move]) || (input.peek(Token![async]) && !input.peek2(token::Brace))
}

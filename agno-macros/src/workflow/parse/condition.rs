//! `condition fact_check (has_claims, label = "Facts") { verify; } else { approve; }`, or `else none;`, or no `else` at all

use proc_macro2::Ident;
use syn::{Token, braced, parenthesized, parse::ParseStream, token};

use super::{End, args, block, keyword, mistake, options};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::{Condition, Decision, Options, Otherwise},
};

pub(super) fn parse_condition(input: ParseStream<'_>, end: End, errors: &mut Errors) -> syn::Result<Condition> {
    let keyword: Ident = input.parse()?;
    let name = block::parse_name(input, &keyword)?;
    let (predicate, options, _) = parse_head(input, &name, &keyword, &options::CONDITION, errors)?;
    if keyword::with(input).is_some() {
        return mistake(input.span(), messages::with_on_a_block("condition", &name));
    }
    if !input.peek(token::Brace) {
        return mistake(name.span(), messages::block_expected("condition", &name));
    }
    let content;
    let brace = braced!(content in input);
    let body = block::parse_body(&content, brace.span.join(), name.span(), "condition", errors);
    let otherwise = parse_otherwise(input, end, errors)?;
    Ok(Condition { name, predicate, options, body, otherwise })
}

fn parse_otherwise(input: ParseStream<'_>, end: End, errors: &mut Errors) -> syn::Result<Otherwise> {
    if !input.peek(Token![else]) {
        block::parse_block_end(input, errors)?;
        return Ok(Otherwise::PassesThrough);
    }
    let keyword: Token![else] = input.parse()?;
    if let Some(word) = input.cursor().ident().map(|(word, _)| word) {
        if word != "none" {
            let message = if word == "if" { messages::ELSE_IF } else { messages::ELSE_EXPECTED };
            return mistake(word.span(), message);
        }
        input.parse::<Ident>()?;
        block::parse_end(input, end, word.span(), "else none", errors)?;
        return Ok(Otherwise::None);
    }
    if !input.peek(token::Brace) {
        return mistake(keyword.span, messages::ELSE_EXPECTED);
    }
    let content;
    let brace = braced!(content in input);
    let body = block::parse_body(&content, brace.span.join(), keyword.span, "else", errors);
    block::parse_block_end(input, errors)?;
    Ok(Otherwise::Nodes(body))
}

/// `(decision, options…)` of a condition or a router.
pub(super) fn parse_head(
    input: ParseStream<'_>,
    name: &Ident,
    keyword: &Ident,
    place: &options::Place,
    errors: &mut Errors,
) -> syn::Result<(Decision, Options, options::Special)> {
    let what = keyword.to_string();
    if !input.peek(token::Paren) {
        return mistake(name.span(), messages::decision_missing(&what, name));
    }
    let content;
    let paren = parenthesized!(content in input);
    if content.is_empty() {
        return mistake(paren.span.join(), messages::decision_missing(&what, name));
    }
    if content.peek(syn::Ident) && content.peek2(Token![=]) && !content.peek2(Token![==]) {
        let word: Ident = content.fork().parse()?;
        return mistake(word.span(), messages::decision_first(&what, name, &word.to_string()));
    }
    let decision = args::parse_decision(&content, &what, errors)?;
    if !content.is_empty() {
        content.parse::<Token![,]>()?;
    }
    let (options, special) = options::parse_list(&content, place, errors);
    Ok((decision, options, special))
}

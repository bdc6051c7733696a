//! `router by_audience (audience(refine)) { Audience::Tech(level) if level > 3 => technical_edit, … }`

use proc_macro2::{Ident, Span, TokenTree};
use syn::{Pat, Token, braced, buffer::Cursor, parse::ParseStream, token};

use super::{End, block, condition, keyword, mistake, options, recover};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::{Arm, Block, Router},
};

pub(super) fn parse_router(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Router> {
    let keyword: Ident = input.parse()?;
    let name = block::parse_name(input, &keyword)?;
    let (selector, options, special) = condition::parse_head(input, &name, &keyword, &options::ROUTER, errors)?;
    if keyword::with(input).is_some() {
        return mistake(input.span(), messages::with_on_a_block("router", &name));
    }
    if !input.peek(token::Brace) {
        return mistake(name.span(), messages::block_expected("router", &name));
    }
    let content;
    braced!(content in input);
    if content.is_empty() {
        errors.at(name.span(), messages::empty_block("router"));
    }
    let mut arms = Vec::new();
    while !content.is_empty() {
        match parse_arm(&content, errors) {
            Ok(arm) => arms.push(arm),
            Err(error) => {
                errors.push(error);
                recover::skip_arm(&content);
            }
        }
    }
    block::parse_block_end(input, errors)?;
    Ok(Router { name, selector, many: special.many.into_value().is_some(), options, arms })
}

fn parse_arm(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Arm> {
    let start = input.cursor();
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    let guard = if input.parse::<Option<Token![if]>>()?.is_some() { Some(input.parse()?) } else { None };
    let arrow: Token![=>] = input.parse()?;
    let body = if input.peek(token::Brace) {
        let content;
        let brace = braced!(content in input);
        block::parse_body(&content, brace.span.join(), arrow.spans[0], "arm", errors)
    } else if input.is_empty() || input.peek(Token![,]) {
        errors.at(arrow.spans[0], messages::empty_block("arm"));
        Block { nodes: Vec::new() }
    } else {
        Block { nodes: block::parse_node(input, End::Comma, errors)?.into_iter().collect() }
    };
    let end = last_token(start, input.cursor()).unwrap_or(arrow.spans[0]);
    input.parse::<Option<Token![,]>>()?;
    Ok(Arm { pattern, guard, body, end })
}

/// Where the last of the tokens stands.
fn last_token(mut from: Cursor<'_>, to: Cursor<'_>) -> Option<Span> {
    let mut last = None;
    while from != to
        && let Some((token, rest)) = from.token_tree()
    {
        last = Some(match token {
            TokenTree::Group(group) => group.span_close(),
            token => token.span(),
        });
        from = rest;
    }
    last
}

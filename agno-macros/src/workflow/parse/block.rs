//! Nodes, one after the other, and what each ends with.

use proc_macro2::{Ident, Span};
use syn::{Attribute, LitStr, Token, braced, parse::ParseStream, token};

use super::{
    End, ask, condition, declarations, each, header, keyword, loop_, map, mistake, parallel, plain_rust, recover, router, sleep, step,
    steps,
};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::{Block, Kind, Node},
};

/// `{ … }` of the container `what` called `name`, which must not be empty.
pub(super) fn parse_block(input: ParseStream<'_>, what: &str, name: &Ident, errors: &mut Errors) -> syn::Result<Block> {
    if keyword::with(input).is_some() {
        return mistake(input.span(), messages::with_on_a_block(what, name));
    }
    if !input.peek(token::Brace) {
        return mistake(name.span(), messages::block_expected(what, name));
    }
    let content;
    let brace = braced!(content in input);
    let block = parse_body(&content, brace.span.join(), name.span(), what, errors);
    parse_block_end(input, errors)?;
    Ok(block)
}

/// A block ends itself: nothing stands behind it, neither `;` nor options.
pub(super) fn parse_block_end(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
    if let Some(word) = keyword::with_options(input) {
        errors.at(word.span(), messages::OPTIONS_BEFORE_THE_BLOCK);
        input.parse::<Ident>()?;
        input.parse::<proc_macro2::Group>()?;
        input.parse::<Option<Token![;]>>()?;
    } else if input.peek(Token![;]) {
        let semicolon: Token![;] = input.parse()?;
        errors.at(semicolon.span, messages::BLOCKS_END_THEMSELVES);
    }
    Ok(())
}

/// What stands between braces that are already open.
pub(super) fn parse_body(content: ParseStream<'_>, _brace: Span, owner: Span, what: &str, errors: &mut Errors) -> Block {
    if content.is_empty() {
        errors.at(owner, messages::empty_block(what));
    }
    parse_nodes(content, errors)
}

pub(super) fn parse_nodes(input: ParseStream<'_>, errors: &mut Errors) -> Block {
    let mut nodes = Vec::new();
    while !input.is_empty() {
        match parse_node(input, End::Semicolon, errors) {
            Ok(node) => nodes.extend(node),
            Err(error) => {
                errors.push(error);
                recover::skip_node(input);
            }
        }
    }
    Block { nodes }
}

/// One node; `None` for what is none, but was read and reported.
pub(super) fn parse_node(input: ParseStream<'_>, end: End, errors: &mut Errors) -> syn::Result<Option<Node>> {
    let attrs = input.call(Attribute::parse_outer)?;
    let docs = header::docs(&attrs);
    let was = parse_attributes(&attrs, errors);
    if keyword::is_declaration(input) {
        declarations::parse_late_declaration(input, errors)?;
        return Ok(None);
    }
    let kind = match keyword::keyword(input) {
        Some(keyword::Keyword::Steps) => Kind::Steps(steps::parse_steps(input, errors)?),
        Some(keyword::Keyword::Parallel) => Kind::Parallel(parallel::parse_parallel(input, errors)?),
        Some(keyword::Keyword::Each) => Kind::Each(each::parse_each(input, errors)?),
        Some(keyword::Keyword::Condition) => Kind::Condition(condition::parse_condition(input, end, errors)?),
        Some(keyword::Keyword::Loop) => Kind::Loop(loop_::parse_loop(input, errors)?),
        Some(keyword::Keyword::Router) => Kind::Router(router::parse_router(input, errors)?),
        Some(keyword::Keyword::Ask) => Kind::Ask(ask::parse_ask(input, end, errors)?),
        Some(keyword::Keyword::Sleep) => Kind::Sleep(sleep::parse_sleep(input, end, errors)?),
        Some(keyword::Keyword::Map) => Kind::Map(map::parse_map(input, end, errors)?),
        None => {
            plain_rust::refuse(input)?;
            Kind::Step(step::parse_step(input, end, errors)?)
        }
    };
    Ok(Some(Node { docs, was, kind }))
}

/// `#[was("old")]`, and nothing else but doc comments.
fn parse_attributes(attrs: &[Attribute], errors: &mut Errors) -> Option<LitStr> {
    let mut was = None;
    for attr in attrs.iter().filter(|attr| !attr.path().is_ident("doc")) {
        if !attr.path().is_ident("was") {
            let name = attr.path().get_ident().map(Ident::to_string).unwrap_or_default();
            errors.at(attr.path().segments[0].ident.span(), messages::unknown_attribute(&name));
        } else if was.is_some() {
            errors.at(attr.path().segments[0].ident.span(), messages::WAS_TWICE);
        } else {
            was = errors.take(
                attr.parse_args::<LitStr>().map_err(|_| syn::Error::new(attr.path().segments[0].ident.span(), messages::WAS_IS_A_NAME)),
            );
        }
    }
    was
}

/// `name` of a container; it is required, since it is the key in the journal.
pub(super) fn parse_name(input: ParseStream<'_>, keyword: &Ident) -> syn::Result<Ident> {
    if input.peek(syn::Ident) || input.peek(Token![_]) {
        return input.parse().map_err(|error| syn::Error::new(error.span(), messages::name_expected(keyword)));
    }
    mistake(keyword.span(), messages::name_expected(keyword))
}

/// `;` in a block, nothing in an arm. A missing one is noted, and the node kept. `last` is where the node ends, `name` how it is called.
pub(super) fn parse_end(input: ParseStream<'_>, end: End, last: Span, name: &str, errors: &mut Errors) -> syn::Result<()> {
    if let Some(message) = plain_rust::after_node(input, name) {
        return mistake(last, message);
    }
    match end {
        End::Semicolon if input.peek(Token![;]) => input.parse::<Token![;]>().map(drop)?,
        End::Semicolon if input.peek(token::Brace) => return mistake(last, messages::step_with_a_block(name)),
        End::Semicolon if input.peek(Token![,]) => {
            let comma: Token![,] = input.parse()?;
            errors.at(comma.span, messages::comma_for_semicolon(name));
        }
        End::Semicolon => errors.at(last, messages::missing_semicolon(name)),
        End::Comma if input.peek(Token![;]) => {
            let semicolon: Token![;] = input.parse()?;
            errors.at(semicolon.span, messages::ARMS_END_WITH_A_COMMA);
            input.parse::<Option<Token![,]>>()?;
        }
        End::Comma if input.is_empty() || input.peek(Token![,]) => {}
        End::Comma => return mistake(last, messages::missing_comma(name)),
    }
    Ok(())
}

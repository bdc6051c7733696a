//! Rust that is no workflow: each word gets its own hint.

use proc_macro2::Delimiter;
use syn::{Token, parse::ParseStream, token};

use super::mistake;
use crate::diag::workflow_messages as messages;

/// Refuses what cannot start a node.
pub(super) fn refuse(input: ParseStream<'_>) -> syn::Result<()> {
    let span = input.span();
    if let Some((word, rest)) = input.cursor().ident() {
        let word = word.to_string();
        if let Some(hint) = messages::plain_rust(&word) {
            return mistake(span, hint);
        }
        if rest.punct().is_some_and(|(punct, rest)| punct.as_char() == '!' && rest.group(Delimiter::None).is_none()) {
            return mistake(span, messages::macro_as_node(&word));
        }
        if rest.punct().is_some_and(|(punct, _)| punct.as_char() == '=') {
            return mistake(span, messages::PLAIN_ASSIGNMENT);
        }
        return Ok(());
    }
    if input.peek(Token![::]) {
        return Ok(());
    }
    if input.peek(token::Brace) {
        return mistake(span, messages::PLAIN_BLOCK);
    }
    if input.peek(Token![|]) || input.peek(Token![||]) {
        return mistake(span, messages::PLAIN_CLOSURE);
    }
    if input.peek(Token![;]) {
        return mistake(span, messages::STRAY_SEMICOLON);
    }
    mistake(span, messages::NODE_EXPECTED)
}

/// What Rust would allow after a call.
pub(super) fn after_node(input: ParseStream<'_>, name: &str) -> Option<String> {
    if input.peek(Token![.]) {
        return Some(if input.peek2(Token![await]) { messages::node_awaited(name) } else { messages::node_with_a_method(name) });
    }
    if input.peek(Token![?]) {
        return Some(messages::node_with_a_question_mark(name));
    }
    if input.peek(Token![=]) {
        return Some(messages::PLAIN_ASSIGNMENT.to_owned());
    }
    None
}

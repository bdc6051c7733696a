//! How to go on after a mistake.

use proc_macro2::{Delimiter, TokenTree};
use syn::{Token, parse::ParseStream};

/// Goes behind the node: behind its `;`, or behind its last block.
pub(super) fn skip_node(input: ParseStream<'_>) {
    while let Ok(token) = input.parse::<TokenTree>() {
        let is_end = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !input.peek(Token![else]) && !input.peek(Token![;]),
            _ => false,
        };
        if is_end {
            return;
        }
    }
}

/// Goes behind the arm.
pub(super) fn skip_arm(input: ParseStream<'_>) {
    while let Ok(token) = input.parse::<TokenTree>() {
        let is_end = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ',',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !input.peek(Token![=>]) && !input.peek(Token![if]),
            _ => false,
        };
        if is_end {
            input.parse::<Option<Token![,]>>().ok();
            return;
        }
    }
}

/// Goes to the end of parentheses, so that nothing in them is reported twice.
pub(super) fn skip_rest(input: ParseStream<'_>) {
    while input.parse::<TokenTree>().is_ok() {}
}

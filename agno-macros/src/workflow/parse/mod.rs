//! Tokens → [`ast`]. A mistake in one node does not hide those of the next: the parser notes it and goes on behind the node.
//!
//! Every keyword is contextual. What a word opens is decided in [`keyword`], by what follows it.

mod args;
mod ask;
mod block;
mod condition;
mod declarations;
mod each;
mod header;
mod keyword;
mod loop_;
mod map;
mod options;
mod parallel;
mod plain_rust;
mod recover;
mod router;
mod sleep;
mod step;
mod steps;

use proc_macro2::{Ident, Span, TokenStream};
use syn::{
    Token, Type, Visibility,
    parse::{ParseStream, Parser},
    token,
};

use super::ast;
use crate::diag::{Errors, workflow_messages as messages};

/// What could be read. Both may be incomplete if there were mistakes.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// What a stub needs.
    pub(crate) outline: Option<ast::Outline>,
    /// The name alone, where not even the types could be read.
    pub(crate) name: Option<(Visibility, Ident)>,
    pub(crate) workflow: Option<ast::Workflow>,
}

pub(crate) fn parse(input: TokenStream, errors: &mut Errors) -> Parsed {
    let mut parsed = Parsed::default();
    let result = (|input: ParseStream<'_>| {
        if let Err(error) = header::parse_workflow(input, &mut parsed, errors) {
            errors.push(error);
        }
        Ok(())
    })
    .parse2(input);
    // Where a mistake was noted, syn still complains about the tokens that were left lying behind it.
    if let (Err(error), true) = (result, errors.is_empty()) {
        errors.push(error);
    }
    parsed
}

/// What a node may end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// `;`, in a block.
    Semicolon,
    /// `,` or the end, in an arm.
    Comma,
}

/// A type after `:` or `->`; `what` needs one.
fn parse_type(input: ParseStream<'_>, at: Span, what: impl std::fmt::Display) -> syn::Result<Type> {
    let is_missing =
        input.is_empty() || input.peek(Token![;]) || input.peek(Token![,]) || input.peek(Token![=]) || input.peek(token::Brace);
    if is_missing { mistake(at, messages::type_expected(what)) } else { input.parse() }
}

/// A mistake that says where it is.
fn mistake<T>(span: Span, message: impl std::fmt::Display) -> syn::Result<T> {
    Err(syn::Error::new(span, message))
}

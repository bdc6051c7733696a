//! An adapter.

use proc_macro2::Span;
use syn::{Expr, spanned::Spanned};

use super::{WIDEST, leaving};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::graph::{Closure, Decision, Map},
};

/// The value of a `map` is recorded, so it is a value of its own. rustc would say that a lifetime is too short.
pub(super) fn check_map(map: &Map, errors: &mut Errors) {
    let Map { closure } = map;
    leaving::check_closure(&closure.closure, "a `map`", errors);
    check_closure_width(closure, errors);
    if let Some(span) = reference(&closure.closure.body) {
        errors.at(span, messages::MAP_GIVES_A_REFERENCE);
    }
}

/// A closure has one parameter per value, up to the widest that the runtime can call.
pub(super) fn check_width(decision: &Decision, errors: &mut Errors) {
    if let Decision::Closure(closure) = decision {
        check_closure_width(closure, errors);
    }
}

fn check_closure_width(closure: &Closure, errors: &mut Errors) {
    if closure.piped.len() > WIDEST {
        errors.at(closure.closure.inputs_begin.span(), messages::closure_too_wide(closure.piped.len(), WIDEST));
    }
}

fn reference(body: &Expr) -> Option<Span> {
    match body {
        Expr::Reference(reference) => Some(reference.and_token.span),
        Expr::Paren(paren) => reference(&paren.expr),
        Expr::Group(group) => reference(&group.expr),
        Expr::Block(block) => match block.block.stmts.last() {
            Some(syn::Stmt::Expr(expr, None)) => reference(expr),
            _ => None,
        },
        _ => None,
    }
}

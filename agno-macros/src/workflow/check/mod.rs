//! What names alone do not tell: how many values meet, what an option means, what an expression must not do.
//!
//! What rustc says well is left to rustc: the types of values, the number of arguments, the patterns of a router.

mod ask;
mod block;
mod condition;
pub(super) mod declarations;
mod each;
mod leaving;
mod loop_;
mod map;
mod parallel;
mod router;
mod sleep;
mod step;
mod steps;

use proc_macro2::Span;

use super::graph::{Block, Node, Value, Workflow};
use crate::diag::{Errors, workflow_messages as messages};

/// A workflow that can be expanded.
#[derive(Debug)]
pub(crate) struct Checked(Workflow);

impl Checked {
    pub(crate) fn workflow(&self) -> &Workflow {
        &self.0
    }
}

/// The widest tuple, and the most arguments of a closure, that the runtime has.
const WIDEST: usize = 12;

pub(crate) fn check(workflow: Workflow, errors: &mut Errors) -> Option<Checked> {
    declarations::check_declarations(&workflow.declarations, errors);
    block::check_block(&workflow.body, errors);
    check_as_one(&workflow.body.value, workflow.body.end(), errors);
    errors.is_empty().then_some(Checked(workflow))
}

/// Several values where one is needed become a tuple.
fn check_as_one(value: &Value, at: Span, errors: &mut Errors) {
    if value.count() > WIDEST {
        errors.at(at, messages::tuple_too_wide(value.count(), WIDEST));
    }
}

/// Two ways to one place give the same number of values. Example: a `condition` whose body ends in a `parallel` of three branches,
/// after a `parallel` of two.
fn check_meeting(block: &Block, expected: usize, message: impl Fn(usize, usize) -> String, errors: &mut Errors) {
    let given = block.value.count();
    if given != expected {
        errors.at(block.end(), message(given, expected));
    }
}

/// `on_error = skip` lets the value before the node pass, so the node must give as many.
fn check_skip(node: &Node, errors: &mut Errors) {
    if let super::graph::OnError::Skip(span) = node.on_error
        && node.own_count() != node.piped.count()
    {
        errors.at(span, messages::skip_counts(node.own_count(), node.piped.count()));
    }
}

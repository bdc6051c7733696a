//! What a workflow looks like to an editor: the types of its nodes, without anything that runs.
//!
//! When rust-analyzer expands `workflow!`, it gets a function over these instead of the real body (`docs/internals/ide.md`). They are written for
//! type inference alone; nothing calls them.

use crate::{error::StepError, run::NestDoor, shared::Shared, step::StepDoor, workflow::Workflow};

/// What a step or a workflow gives at a node.
pub trait Gives {
    /// The node's value.
    type Value: 'static;
}

impl<A: crate::step::Access, W, C, T: 'static, B, E: 'static, O: 'static> Gives for StepDoor<'_, A, W, C, T, B, E, O> {
    type Value = T;
}

impl<W: Workflow, P, O: 'static> Gives for NestDoor<'_, W, P, O> {
    type Value = W::Output;
}

/// Something of the type that is expected.
pub fn any<T>() -> T {
    unreachable!("a sketch is for editors, and never runs")
}

/// The value of a node.
pub fn given<D: Gives>(_: D) -> &'static D::Value {
    any()
}

/// An item of what `each` goes over, or of what a selector of `many` chose.
pub fn item<T>(_: &[T]) -> &'static T {
    any()
}

/// What `each` gives.
pub fn list<T>(_: &T) -> &'static Vec<T> {
    any()
}

/// A value that may be missing.
pub fn maybe<T>(_: &T) -> &'static Option<T> {
    any()
}

/// A value under `on_error = collect`.
pub fn tried<T>(_: &T) -> &'static Result<T, StepError> {
    any()
}

/// What a router matches.
pub fn shared<T>(_: &T) -> Shared<T> {
    any()
}

//! Why a body ends before its last node.

use crate::{
    error::{Fault, StepError},
    shared::Shared,
};

/// Why the body of a workflow with output `O` ends before its last node.
pub enum Stop<O: 'static> {
    /// A step failed, and its node does not say otherwise.
    Failed(Box<StepError>),
    /// A question is open.
    Paused,
    /// The run, or the part of it that this stands in, is cancelled.
    Cancelled,
    /// A step ended the workflow with `Break`.
    Ended(Shared<O>),
    /// The runtime cannot go on.
    Fault(Box<Fault>),
}

impl<O: std::fmt::Debug> std::fmt::Debug for Stop<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
            Self::Paused => f.write_str("Paused"),
            Self::Cancelled => f.write_str("Cancelled"),
            Self::Ended(value) => f.debug_tuple("Ended").field(value).finish(),
            Self::Fault(fault) => f.debug_tuple("Fault").field(fault).finish(),
        }
    }
}

/// The output of what cannot end a workflow: a predicate or a selector.
#[derive(Debug)]
pub enum Decision {}

/// The output of what cannot end a workflow: a child of a step.
#[derive(Debug)]
pub enum Child {}

impl<O> Stop<O> {
    /// The same, where `Break` cannot be.
    pub(crate) fn convert<P>(self, ended: impl FnOnce(Shared<O>) -> Stop<P>) -> Stop<P> {
        match self {
            Self::Failed(error) => Stop::Failed(error),
            Self::Paused => Stop::Paused,
            Self::Cancelled => Stop::Cancelled,
            Self::Ended(value) => ended(value),
            Self::Fault(fault) => Stop::Fault(fault),
        }
    }
}

/// What stops a predicate stops its workflow.
#[must_use]
pub fn undecided<O>(stop: Stop<Decision>) -> Stop<O> {
    stop.convert(|never| match *never {})
}

/// A `Break` with a `B` ends a workflow whose output is `B`.
#[diagnostic::on_unimplemented(
    message = "this step may end the workflow with a `{B}`, which is not its output",
    label = "may `Break` with `{B}`",
    note = "the type in `ControlFlow::Break` must be the workflow's output; a predicate or a selector must not `Break` at all"
)]
pub trait Ends<B>: Sized {
    /// Wraps the value of `Break`.
    fn ended(value: B) -> Self;
}

/// The end of a workflow with output `O`.
#[derive(Debug)]
pub struct Ending<O>(pub O);

#[diagnostic::do_not_recommend]
impl<O> Ends<O> for Ending<O> {
    fn ended(value: O) -> Self {
        Self(value)
    }
}

/// Never used: a second impl keeps rustc from inferring the workflow's output from the step's `Break`.
#[derive(Debug)]
pub struct Elsewhere<B>(B);

#[diagnostic::do_not_recommend]
impl<B> Ends<B> for Ending<Elsewhere<B>> {
    fn ended(value: B) -> Self {
        Self(Elsewhere(value))
    }
}

//! Mistakes: collected within a phase, reported together.
//!
//! A user who made three mistakes wants three errors, not one at a time; and one mistake must not look like three. So every phase
//! collects into [`Errors`], and the next phase runs only if it is empty.

pub(crate) mod messages;
mod name_messages;
pub(crate) mod step_messages;
pub(crate) mod workflow_messages;

use proc_macro2::Span;
use syn::Error;

/// The mistakes of one phase.
#[derive(Debug, Default)]
#[must_use = "mistakes that nobody reports are lost"]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// Reports `message` at `span`, which must be inside the user's code.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(Error::new(span, message));
    }

    /// Takes the value, or notes why there is none.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// How many there are so far.
    pub(crate) fn count(&self) -> usize {
        self.0.iter().flatten().count()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

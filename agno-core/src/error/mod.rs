//! What goes wrong, by layer: a step ([`StepError`]), a run ([`RunError`]), anything else ([`Error`]).

mod run;
mod step;

pub use run::{Error, Result, RunError};
pub(crate) use run::Fault;
pub use step::{StepError, StepErrorKind};

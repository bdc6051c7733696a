//! What goes wrong, by layer: a step ([`StepError`]), a run ([`RunError`]), anything else ([`Error`]).

mod run;
mod step;

pub(crate) use run::Fault;
pub use run::{Error, Result, RunError};
pub use step::{StepError, StepErrorKind};

//! The surface that generated code calls. `docs/internals/expansion.md` says what each construct makes of it.
//!
//! Not part of the public interface: it changes with the macros.

pub mod sketch;

pub use std::{
    marker::PhantomData,
    sync::Arc,
    time::Duration,
    {boxed::Box, ops::ControlFlow, string::String, vec::Vec},
};

pub use schemars::Schema;

pub use crate::{
    content::*,
    db::Store as Database,
    error::StepError,
    event::EventName,
    plan::*,
    run::*,
    schema::{Param, StepInput, input_schema, schema_of},
    shared::{Pattern, Shared},
    step::*,
    testing::Double,
    workflow::{Builder, FirstState, Given, QuestionAt, Runner, Workflow},
};

/// A duration that was written as text and read at compile time.
#[must_use]
pub const fn nanos(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

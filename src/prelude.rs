//! What a program with workflows needs: `use agno::prelude::*;`.
//!
//! It leaves out [`Result`](crate::Result) and [`Error`](crate::Error), whose names every program has its own of.

pub use std::ops::ControlFlow;

pub use schemars::JsonSchema;
pub use serde::{Deserialize, Serialize};

pub use crate::{
    Content, Db, ErrorDecision, Event, EventKind, InMemoryDb, Media, Outcome, PausedRun, RunError, RunHandle, RunOutput, Status,
    StepContext, StepError, Workflow, step, workflow,
};

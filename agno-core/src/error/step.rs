//! The failure of one step.

use std::{error::Error, fmt, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::content::BoxError;

/// Why a step, or a container, has no value. With `on_error = collect` it is the error of a branch's `Result`.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct StepError {
    /// Where.
    pub path: String,
    /// What kind of failure it was.
    pub kind: StepErrorKind,
    /// The error's text.
    pub message: String,
    /// Attempts made.
    pub attempts: u32,
    /// The error itself, while it is in the process that saw it.
    #[serde(skip)]
    #[schemars(skip)]
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The kinds of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepErrorKind {
    /// The step returned an error.
    Error,
    /// The step panicked. Panics are not retried.
    Panic,
    /// It took longer than its `timeout`.
    Timeout,
    /// A loop reached its bound under `on_max = fail`.
    LoopBound,
    /// A question was not answered in time, and has no default.
    Unanswered,
    /// A person decided that the failure stands.
    Decided,
    /// Workflows are nested more than 32 deep.
    TooDeep,
    /// An attempt of a step with `effect = once` was cut by a crash.
    Cut,
    /// A value could not be read from its record.
    Record,
}

impl StepError {
    pub(crate) fn new(path: String, kind: StepErrorKind, message: impl Into<String>, attempts: u32) -> Self {
        Self { path, kind, message: message.into(), attempts, source: None }
    }

    pub(crate) fn of(path: String, error: BoxError, attempts: u32) -> Self {
        let source: Arc<dyn Error + Send + Sync> = Arc::from(error);
        Self { path, kind: StepErrorKind::Error, message: source.to_string(), attempts, source: Some(source) }
    }

    /// The step's own error, if it is an `E` and this process saw it.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.source.as_deref().and_then(|source| source.downcast_ref())
    }
}

impl PartialEq for StepError {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.kind, &self.message, self.attempts) == (&other.path, other.kind, &other.message, other.attempts)
    }
}

impl fmt::Debug for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepError")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("attempts", &self.attempts)
            .finish()
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.path)?;
        match self.kind {
            StepErrorKind::Panic => write!(f, " panicked: {}", self.message)?,
            _ => write!(f, ": {}", self.message)?,
        }
        if self.attempts > 1 {
            write!(f, " (after {} attempts)", self.attempts)?;
        }
        Ok(())
    }
}

impl Error for StepError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The source's text is this error's message already; what it was caused by is not.
        self.source.as_deref().and_then(|source| source.source())
    }
}

//! The failure of a run, and of everything round it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{StepError, StepErrorKind};
use crate::{
    db::{DbError, rows::StateRow},
    run::QuestionInfo,
    schema::Violations,
    workflow::{PartialRun, PausedRun, Status},
};

/// Why a run has no output. Nothing that was paid for is lost: all but [`RunError::InvalidInput`] carry what the run has done.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RunError {
    /// A step failed, and no node says that this may be. `resume` runs it again with fresh attempts.
    Failed {
        /// Where.
        path: String,
        /// Attempts made.
        attempts: u32,
        /// The step's error.
        source: StepError,
        /// What the run has done.
        run: Box<PartialRun>,
    },
    /// The run waits for answers; `answer` takes it on. `.outcome()` gives this as a value.
    Paused(Box<PausedRun>),
    /// The run was cancelled.
    Cancelled {
        /// What the run has done.
        run: Box<PartialRun>,
    },
    /// The input breaks its schema. Nothing has run.
    InvalidInput(Violations),
    /// An answer breaks its question's schema. The run stays paused.
    InvalidAnswer {
        /// The question's path.
        question: String,
        /// What is wrong with the answer.
        violations: Violations,
        /// What the run has done.
        run: Box<PartialRun>,
    },
    /// No open question, or more than one, has this name.
    UnknownQuestion {
        /// What was asked for.
        question: String,
        /// The open questions.
        open: Vec<QuestionInfo>,
        /// What the run has done.
        run: Box<PartialRun>,
    },
    /// The request and what is stored do not fit: another input for an existing run, or a state that another run has changed.
    Conflict {
        /// What does not fit.
        reason: String,
        /// What the run has done.
        run: Box<PartialRun>,
    },
    /// The workflow is not the one that recorded the run.
    DefinitionChanged {
        /// Where they differ.
        path: String,
        /// How, and what to do.
        reason: String,
        /// What the run has done.
        run: Box<PartialRun>,
    },
    /// There is no such run here, or it belongs to another user.
    NotFound {
        /// The run.
        run_id: String,
    },
    /// The call does not fit its surroundings, such as `blocking` inside of an async runtime.
    Misuse {
        /// What to do instead.
        reason: String,
    },
    /// The store failed. What was committed is there; `resume` goes on from it.
    Db {
        /// What it could not do.
        error: DbError,
        /// What the run has done, if it got so far.
        run: Option<Box<PartialRun>>,
    },
}

impl RunError {
    /// What the run has done, if there is a run.
    #[must_use]
    pub fn partial(&self) -> Option<&PartialRun> {
        match self {
            Self::Failed { run, .. }
            | Self::Cancelled { run }
            | Self::InvalidAnswer { run, .. }
            | Self::UnknownQuestion { run, .. }
            | Self::Conflict { run, .. }
            | Self::DefinitionChanged { run, .. } => Some(run),
            Self::Db { run, .. } => run.as_deref(),
            Self::Paused(paused) => Some(paused.partial()),
            Self::InvalidInput(_) | Self::NotFound { .. } | Self::Misuse { .. } => None,
        }
    }

    /// The run's id, if there is a run.
    #[must_use]
    pub fn run_id(&self) -> Option<&str> {
        match self {
            Self::NotFound { run_id } => Some(run_id),
            other => other.partial().map(|run| &*run.run_id),
        }
    }

    /// The run's status, if there is a run.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.partial().map(|run| run.status)
    }

    /// Whether the same call may succeed later without a change: `resume` of a failed run, a conflict over the state.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Failed { .. } => true,
            Self::Db { error, .. } => error.is_transient(),
            _ => false,
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What it did stands in the source's text.
            Self::Failed { source, run, .. } if source.kind == StepErrorKind::Panic => {
                write!(f, "run `{}` failed: {source}; `resume` runs this node again", run.run_id)
            }
            Self::Failed { source, run, .. } => {
                write!(f, "run `{}` failed at {source}; `resume` runs this node again", run.run_id)
            }
            Self::Paused(paused) => write!(f, "{paused}"),
            Self::Cancelled { run } => {
                let steps = run.metrics.steps;
                write!(f, "run `{}` was cancelled after {steps} step{}; start a new one", run.run_id, if steps == 1 { "" } else { "s" })
            }
            Self::InvalidInput(violations) => write!(f, "the input is not valid: {violations}; correct it and run again"),
            Self::InvalidAnswer { question, violations, run } => {
                write!(f, "the answer to `{question}` is not valid: {violations}; run `{}` stays paused, answer again", run.run_id)
            }
            Self::UnknownQuestion { question, open, run } => {
                write!(f, "run `{}` has no single open question `{question}`; ", run.run_id)?;
                if open.is_empty() {
                    return write!(f, "none is open, and it is {}", run.status);
                }
                let paths: Vec<_> = open.iter().map(|question| format!("`{}`", question.path)).collect();
                write!(f, "answer one of {}", paths.join(", "))
            }
            Self::Conflict { reason, run } => write!(f, "run `{}`: {reason}", run.run_id),
            Self::DefinitionChanged { path, reason, run } if path.is_empty() => write!(f, "run `{}` cannot go on: {reason}", run.run_id),
            Self::DefinitionChanged { path, reason, run } => write!(f, "run `{}` cannot go on at `{path}`: {reason}", run.run_id),
            Self::NotFound { run_id } => write!(f, "there is no run `{run_id}` here; check the id, the user and the database"),
            Self::Misuse { reason } => f.write_str(reason),
            Self::Db { error: error @ DbError::LeaseLost { .. }, run: Some(_) } => error.fmt(f),
            Self::Db { error, run: Some(run) } => write!(f, "run `{}`: {error}; `resume` goes on from what is stored", run.run_id),
            Self::Db { error, run: None } => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for RunError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its text is in ours; what it was caused by is not.
            Self::Failed { source, .. } => std::error::Error::source(source),
            Self::Db { error, .. } => std::error::Error::source(error),
            _ => None,
        }
    }
}

/// Why the runtime cannot go on with a leg.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Another run changed the session's state, again and again.
    StateConflict {
        /// Where.
        path: String,
        /// That run.
        other: String,
    },
    /// The code that runs is not the code that recorded.
    Diverged {
        /// Where.
        path: String,
        /// How.
        reason: String,
    },
    /// Something does not fit together that types cannot say.
    Misuse {
        /// What to do instead.
        reason: String,
    },
    /// The store failed: the leg ends, and what is stored stays as it is.
    #[serde(skip)]
    Db(DbError),
    /// A state was changed by somebody else: the step that changed it here runs again.
    #[serde(skip)]
    Changed {
        /// Who changed it.
        by: String,
        /// What it is now; `None`: it was deleted.
        now: Option<StateRow>,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StateConflict { path, other } => write!(
                f,
                "`{path}` changed the session's state, but run `{other}` had changed it meanwhile, again and again; \
                 run one at a time, or raise `retry_on_conflict`"
            ),
            Self::Diverged { path, reason } => write!(f, "`{path}`: {reason}"),
            Self::Misuse { reason } => f.write_str(reason),
            Self::Db(error) => error.fmt(f),
            Self::Changed { by, .. } => write!(f, "the session's state was changed by `{by}`"),
        }
    }
}

/// Any error of `agno`, for `main`: its `Debug` reads like its `Display`, with the causes, because that is what `main` prints.
#[non_exhaustive]
pub enum Error {
    /// A run has no output.
    Run(RunError),
    /// Reading or writing failed.
    Io(std::io::Error),
    /// JSON is not what it should be.
    Json(serde_json::Error),
    /// Events were asked for that are not kept.
    EventsNotStored {
        /// The run.
        run_id: String,
    },
    /// Something else, of the program's own.
    Other(Box<dyn std::error::Error + Send + Sync>),
}

/// The result of `agno`'s own operations.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Wraps any error.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// The run's error, if it is one.
    #[must_use]
    pub fn as_run(&self) -> Option<&RunError> {
        match self {
            Self::Run(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Json(error) => error.fmt(f),
            Self::EventsNotStored { run_id } => write!(
                f,
                "the events of run `{run_id}` are not kept; write `store_events` in the workflow's `with (…)`, or listen while it runs"
            ),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            write!(f, "\n  caused by: {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Run(error) => error.source(),
            Self::Io(error) => error.source(),
            Self::Json(error) => error.source(),
            Self::EventsNotStored { .. } => None,
            Self::Other(error) => error.source(),
        }
    }
}

impl From<DbError> for RunError {
    fn from(error: DbError) -> Self {
        Self::Db { error, run: None }
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Run(error.into())
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

/// So that a step may use `?` on its children.
impl From<StepError> for Error {
    fn from(error: StepError) -> Self {
        Self::other(error)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

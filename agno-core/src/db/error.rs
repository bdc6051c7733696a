//! What a store could not do.

use std::{fmt, sync::Arc};

/// What a store could not do. Nothing that was committed is lost by it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DbError {
    /// Somebody else owns the run now: this process was gone for longer than its lease, or `take_over` was called elsewhere.
    LeaseLost {
        /// The run.
        run_id: String,
    },
    /// The state has been changed since it was read.
    StateConflict {
        /// Its session.
        session_id: String,
        /// The path of the nested workflow whose state it is; empty for the run's own.
        key: String,
        /// The run that changed it, or the program that did so from outside of runs.
        by: String,
    },
    /// There is a run of this id.
    Exists {
        /// The run.
        run_id: String,
    },
    /// There is no session or run of this id: it was deleted.
    Missing {
        /// The session or the run.
        id: String,
    },
    /// It belongs to another user.
    OtherUser {
        /// The session or the run.
        id: String,
    },
    /// There is no room left.
    Full {
        /// What the store said.
        reason: String,
    },
    /// It can be read, and not written.
    ReadOnly {
        /// What the store said.
        reason: String,
    },
    /// It cannot be reached, or does not answer in time; later it may.
    Unavailable {
        /// What the store said.
        reason: String,
    },
    /// What is stored cannot be read.
    Corrupt {
        /// Where it is stored: a table and a key.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The tables are those of a newer version of this library.
    Newer {
        /// Their version.
        found: u32,
        /// The newest version that this build knows.
        known: u32,
    },
    /// Anything else.
    Other(Arc<dyn std::error::Error + Send + Sync>),
}

impl DbError {
    /// Any other error of a store.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(Arc::from(error.into()))
    }

    /// At which place it is that something cannot be done: a file, a server.
    pub(crate) fn at(self, place: impl fmt::Display) -> Self {
        let at = |reason: &dyn fmt::Display| format!("`{place}`: {reason}");
        match self {
            Self::Full { reason } => Self::Full { reason: at(&reason) },
            Self::ReadOnly { reason } => Self::ReadOnly { reason: at(&reason) },
            Self::Unavailable { reason } => Self::Unavailable { reason: at(&reason) },
            Self::Other(error) => Self::other(at(&error)),
            other => other,
        }
    }

    /// Of which run it is that something cannot be read.
    pub(crate) fn within(self, run_id: &str) -> Self {
        match self {
            Self::Corrupt { place, reason } => Self::Corrupt { place: format!("run `{run_id}`, {place}"), reason },
            other => other,
        }
    }

    /// Whether the same call may succeed later, without a change.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Full { .. })
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeaseLost { run_id } => {
                write!(f, "run `{run_id}` is owned by somebody else now, who goes on with it; this process stops")
            }
            Self::StateConflict { session_id, key, by } if key.is_empty() => {
                write!(f, "the state of session `{session_id}` was changed by `{by}` since it was read")
            }
            Self::StateConflict { session_id, key, by } => {
                write!(f, "the state of `{key}` in session `{session_id}` was changed by `{by}` since it was read")
            }
            Self::Exists { run_id } => write!(f, "there is a run `{run_id}`; choose another id, or `resume` it"),
            Self::Missing { id } => write!(f, "there is no `{id}`: it was deleted, or never made"),
            Self::OtherUser { id } => write!(f, "`{id}` belongs to another user"),
            Self::Full { reason } => write!(f, "the store is full: {reason}; make room, then `resume`"),
            Self::ReadOnly { reason } => write!(f, "the store cannot be written: {reason}; check the file's permissions"),
            Self::Unavailable { reason } => write!(f, "the store does not answer: {reason}"),
            Self::Corrupt { place, reason } => write!(f, "what is stored in {place} cannot be read: {reason}"),
            Self::Newer { found, known } => {
                write!(f, "the tables have version {found}, and this build knows versions up to {known}; use a newer build")
            }
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DbError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Other(error) => error.source(),
            _ => None,
        }
    }
}

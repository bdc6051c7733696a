//! Reading and changing sessions from outside of runs.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::{content::Content, db::InMemoryDb, workflow::StoredRun};

/// A session, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its id.
    pub id: String,
    /// The user whose it is.
    pub user_id: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// When its first run began.
    pub created_at: Timestamp,
    /// Its runs, oldest first.
    pub runs: Vec<String>,
}

/// The sessions of a store, and their runs. As a view of one user it sees that user's only.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: InMemoryDb,
    user_id: Option<Arc<str>>,
}

impl Sessions {
    pub(crate) fn new(db: InMemoryDb, user_id: Option<Arc<str>>) -> Self {
        Self { db, user_id }
    }

    fn find(&self, session_id: &str) -> Option<Arc<super::Session>> {
        self.db.session(session_id).filter(|session| self.user_id.is_none() || session.user_id == self.user_id)
    }

    /// A session, if there is one.
    #[must_use]
    pub fn get(&self, session_id: impl Into<String>) -> Option<SessionInfo> {
        self.find(&session_id.into()).map(|session| session.info())
    }

    /// All sessions, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<SessionInfo> {
        let mut sessions: Vec<_> = self.db.sessions_of(self.user_id.as_deref()).iter().map(|session| session.info()).collect();
        sessions.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        sessions
    }

    /// Gives a session a name; `false` if there is none of this id.
    pub fn rename(&self, session_id: impl Into<String>, name: impl Into<String>) -> bool {
        self.find(&session_id.into()).is_some_and(|session| {
            session.rename(name.into());
            true
        })
    }

    /// Deletes a session with its runs; `false` if there is none of this id.
    pub fn delete(&self, session_id: impl Into<String>) -> bool {
        self.find(&session_id.into()).is_some_and(|session| {
            self.db.delete_session(&session.id);
            true
        })
    }

    /// The session's state as an `S`, if it has one that can be read so.
    #[must_use]
    pub fn state<S: Content>(&self, session_id: impl Into<String>) -> Option<Arc<S>> {
        self.find(&session_id.into())?.state()
    }

    /// The session's state as JSON, if it has one.
    #[must_use]
    pub fn state_json(&self, session_id: impl Into<String>) -> Option<Value> {
        self.find(&session_id.into())?.state_json()
    }

    /// The session's runs, oldest first.
    #[must_use]
    pub fn runs(&self, session_id: impl Into<String>) -> Vec<StoredRun> {
        let runs = self.find(&session_id.into()).map(|session| session.runs()).unwrap_or_default();
        runs.iter().filter_map(|run_id| self.db.stored(run_id, self.user_id.as_deref())).collect()
    }
}

impl super::Session {
    fn info(&self) -> SessionInfo {
        SessionInfo {
            id: self.id.to_string(),
            user_id: self.user_id.as_deref().map(str::to_owned),
            name: self.name(),
            created_at: self.created_at,
            runs: self.runs().iter().map(|run_id| run_id.to_string()).collect(),
        }
    }
}

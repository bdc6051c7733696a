//! Where sessions and runs are kept: [`Db`], and the stores that come with the library.
//!
//! A store holds plain data ([`rows`]) and knows nothing of workflows. What it must do is said here; `testing::db_suite` checks it.

mod error;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
pub mod rows;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use error::DbError;
pub use memory::InMemoryDb;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresDb, PostgresOptions};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteDb, SqliteOptions, Synchronous};

use std::{fmt::Debug, ops::Deref, sync::Arc, time::Duration};

use futures_core::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use self::rows::{Claim, Commit, MediaRow, Prune, Record, RunFilter, RunRow, SessionFilter, SessionRow, StateRow, StateWrite, Turn};
use crate::{event::Event, workflow::Status};

/// What a store promises.
pub type Stored<'a, T> = BoxFuture<'a, Result<T, DbError>>;

/// A store, whichever: what `.db(…)` takes.
#[derive(Clone, Debug)]
pub struct Store(pub(crate) Arc<dyn Db>);

impl Deref for Store {
    type Target = dyn Db;

    fn deref(&self) -> &dyn Db {
        &*self.0
    }
}

impl<D: Db> From<D> for Store {
    fn from(db: D) -> Self {
        Self(Arc::new(db))
    }
}

impl From<Arc<dyn Db>> for Store {
    fn from(db: Arc<dyn Db>) -> Self {
        Self(db)
    }
}

/// How long a process that says nothing more is taken for alive by other machines.
pub const LEASE: Duration = Duration::from_secs(15);

/// Where sessions and runs are kept.
///
/// One value of it is one *owner*: what it claims is its own until it is dropped, lets go, or does not renew its lease in time. Clones of a store
/// share everything.
pub trait Db: Debug + Send + Sync + 'static {
    /// Makes one change, all of it or nothing. When this returns, it is as safe as the store makes it.
    ///
    /// Commits of one run that are under way at once are made in the order of the calls. Where the future of a run's first commit is dropped before it has
    /// answered, the run is let go, should it be made. Those of several runs may share one transaction; a commit that is
    /// refused does not touch the others.
    ///
    /// # Errors
    /// [`DbError::LeaseLost`], [`DbError::StateConflict`], [`DbError::Exists`] for a new run whose id there is, [`DbError::OtherUser`] for a new run in another user's session; and whatever the store cannot do.
    fn commit(&self, commit: Commit) -> Stored<'_, ()>;

    /// The same, where nobody can wait: a future was dropped. It is made before every later commit of this run, or not at all.
    fn commit_detached(&self, commit: Commit);

    /// Becomes the owner of a run that nobody runs, or whose owner is gone. The run is [`Running`](crate::Status::Running) from then on. One that this
    /// very owner has is [held](Claim::Held), as anybody's is. A completed or cancelled run is nobody's to claim. `force`: whoever has it.
    /// Where the future is dropped before it has answered, the run is let go.
    fn claim<'a>(&'a self, run_id: &'a str, force: bool) -> Stored<'a, Claim>;

    /// A run.
    fn run<'a>(&'a self, run_id: &'a str) -> Stored<'a, Option<RunRow>>;

    /// What lies beside the rows of a run, in any order.
    fn media<'a>(&'a self, run_id: &'a str) -> Stored<'a, Vec<MediaRow>>;

    /// Whether the owner of a run is alive, as far as this process can know. `false` where nobody has it.
    fn is_owned<'a>(&'a self, run_id: &'a str) -> Stored<'a, bool>;

    /// The records of a run, in the order in which they were first written.
    fn records<'a>(&'a self, run_id: &'a str) -> Stored<'a, Vec<Record>>;

    /// The stored events of a run from a number on, in order; at most `limit`.
    fn events<'a>(&'a self, run_id: &'a str, from: u64, limit: usize) -> Stored<'a, Vec<Arc<Event>>>;

    /// Writes an answer (a record of the kind [`Answer`](rows::RecordKind::Answer)), whoever owns the run. `false`: the question has one.
    fn answer<'a>(&'a self, run_id: &'a str, answer: Record) -> Stored<'a, bool>;

    /// Sets [`RunRow::cancel`], whoever owns the run, unless it is completed, failed or cancelled. A commit that leaves the run
    /// [`Failed`](crate::Status::Failed) takes it back: who resumes the run later wants it to run. A pause does not, since what waits can be cancelled.
    fn request_cancel<'a>(&'a self, run_id: &'a str) -> Stored<'a, ()>;

    /// The runs of this owner that somebody wants cancelled.
    fn to_cancel(&self) -> Stored<'_, Vec<String>>;

    /// Runs, by `created_at` and id.
    fn runs(&self, filter: RunFilter) -> Stored<'_, Vec<RunRow>>;

    /// The earliest time after `after` at which something is due for a paused run of a workflow; of this user alone, if one is given.
    fn next_due<'a>(&'a self, workflow_id: &'a str, user_id: Option<&'a str>, after: Timestamp) -> Stored<'a, Option<Timestamp>> {
        let (workflow_id, user_id) = (Some(workflow_id.to_owned()), user_id.map(str::to_owned));
        let paused = self.runs(RunFilter { workflow_id, user_id, status: vec![Status::Paused], ..RunFilter::default() });
        Box::pin(async move { Ok(paused.await?.into_iter().filter_map(|run| run.standing.due_at).filter(|at| *at > after).min()) })
    }

    /// The questions of several runs that have no answer: the run, and the record of the kind [`Question`](rows::RecordKind::Question). Runs that have none do
    /// not count for the filter's limit.
    fn questions(&self, filter: RunFilter) -> Stored<'_, Vec<(RunRow, Record)>>;

    /// Deletes a run with everything that is its own. `false`: there is none.
    fn delete_run<'a>(&'a self, run_id: &'a str) -> Stored<'a, bool>;

    /// Deletes finished runs: completed, failed and cancelled ones. How many there were.
    fn prune(&self, prune: Prune) -> Stored<'_, u64>;

    /// A session.
    fn session<'a>(&'a self, session_id: &'a str) -> Stored<'a, Option<SessionRow>>;

    /// Makes a session. `false`: there is one of its id, which stays as it is.
    fn create_session(&self, session: SessionRow) -> Stored<'_, bool>;

    /// Sessions, by `created_at` and id.
    fn sessions(&self, filter: SessionFilter) -> Stored<'_, Vec<SessionRow>>;

    /// Gives a session a name. `false`: there is none.
    fn rename_session<'a>(&'a self, session_id: &'a str, name: &'a str) -> Stored<'a, bool>;

    /// Deletes a session with its states and runs. `false`: there is none.
    fn delete_session<'a>(&'a self, session_id: &'a str) -> Stored<'a, bool>;

    /// The states of a session.
    fn states<'a>(&'a self, session_id: &'a str) -> Stored<'a, Vec<StateRow>>;

    /// Changes a state from outside of runs, and gives its new version.
    ///
    /// # Errors
    /// [`DbError::StateConflict`]; and whatever the store cannot do.
    fn write_state(&self, write: StateWrite) -> Stored<'_, u64>;

    /// The last `n` completed runs of a session, oldest first; `None`: all.
    fn history<'a>(&'a self, session_id: &'a str, n: Option<usize>) -> Stored<'a, Vec<Turn>>;

    /// A definition, by its fingerprint.
    fn definition<'a>(&'a self, fingerprint: &'a str) -> Stored<'a, Option<Arc<Value>>>;

    /// Changes when something may have changed in the store, whoever did it: another clone, another process, another machine.
    fn changes(&self) -> watch::Receiver<u64>;

    /// The store's clock, for deadlines that several machines must agree on. That of this machine, unless the store has a better one.
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

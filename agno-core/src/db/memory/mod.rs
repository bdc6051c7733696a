//! [`InMemoryDb`]: sessions and runs in this process, until it ends.

mod list;
mod tables;

use std::{
    collections::HashSet,
    future::{Ready, ready},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use self::tables::Tables;
use super::{
    Db, DbError, Stored,
    rows::{Claim, Commit, MediaRow, Prune, Record, RunFilter, RunRow, SessionFilter, SessionRow, StateRow, StateWrite, Turn},
};
use crate::event::Event;

/// Sessions and runs in memory. A commit is safe as long as the process lives.
///
/// Cloning it gives another handle to the same store, which several workflows may share.
#[derive(Clone, Debug)]
pub struct InMemoryDb {
    data: Arc<Data>,
    owner: Arc<Owner>,
}

#[derive(Debug)]
struct Data {
    tables: Mutex<Tables>,
    changes: watch::Sender<u64>,
}

/// Whoever claims runs. It is alive as long as a handle has it.
#[derive(Debug)]
pub(super) struct Owner {
    id: String,
    /// The runs that this owner has claimed and not let go.
    live: Mutex<HashSet<String>>,
}

impl Owner {
    fn new() -> Arc<Self> {
        Arc::new(Self { id: Uuid::now_v7().to_string(), live: Mutex::default() })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn live(&self) -> MutexGuard<'_, HashSet<String>> {
        // A panic while it is held can only come from an allocation; the set is whole then.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for InMemoryDb {
    fn default() -> Self {
        let data = Data { tables: Mutex::default(), changes: watch::Sender::new(0) };
        Self::with_owner(Arc::new(data))
    }
}

impl InMemoryDb {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps at most so many finished runs: the oldest go, and with them the sessions that they got of their own. Default 1,000. Runs that are not
    /// finished are always kept.
    #[must_use]
    pub fn keep_runs(self, runs: usize) -> Self {
        self.tables().keep_runs(runs);
        self
    }

    /// The same data for another owner, as another process would have it. The first owner is alive as long as one of its clones is.
    ///
    /// For tests of crashes and of take-overs without processes.
    #[must_use]
    pub fn another_owner(&self) -> Self {
        Self::with_owner(Arc::clone(&self.data))
    }

    fn with_owner(data: Arc<Data>) -> Self {
        let owner = Owner::new();
        let db = Self { data, owner };
        db.tables().add_owner(&db.owner);
        db
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Changes are checked before the first of them is made, so what a panic leaves is whole.
        self.data.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<'a, T: Send + 'a>(&self, read: impl FnOnce(&Tables) -> T) -> Stored<'a, T> {
        Box::pin(ready(Ok(read(&self.tables()))))
    }

    fn write<'a, T: Send + 'a>(&self, write: impl FnOnce(&mut Tables) -> Result<T, DbError>) -> Ready<Result<T, DbError>> {
        let written = write(&mut self.tables());
        if written.is_ok() {
            self.data.changes.send_modify(|change| *change += 1);
        }
        ready(written)
    }

    /// What is written and has given a run to whoever hears of it. Should nobody, it is let go.
    fn handed_over<'a, T: Send + 'a>(
        &'a self,
        written: Ready<Result<T, DbError>>,
        run: impl FnOnce(&T) -> Option<(Arc<str>, u64)>,
    ) -> Stored<'a, T> {
        let written = written.into_inner();
        let unheard = Unheard { db: self, run: written.as_ref().ok().and_then(run) };
        Box::pin(async move {
            unheard.heard();
            written
        })
    }
}

/// A run that was handed over to somebody who has not heard of it.
struct Unheard<'a> {
    db: &'a InMemoryDb,
    run: Option<(Arc<str>, u64)>,
}

impl Unheard<'_> {
    fn heard(mut self) {
        self.run = None;
    }
}

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        if let Some((run_id, fence)) = self.run.take() {
            self.db.commit_detached(Commit { release: true, ..Commit::new(run_id, fence) });
        }
    }
}

impl Db for InMemoryDb {
    fn commit(&self, commit: Commit) -> Stored<'_, ()> {
        let begun = commit.takes().then(|| (Arc::clone(&commit.run_id), commit.fence));
        let committed = self.write(|tables| tables.commit(commit, &self.owner));
        match begun {
            Some(begun) => self.handed_over(committed, |()| Some(begun)),
            None => Box::pin(committed),
        }
    }

    fn commit_detached(&self, commit: Commit) {
        let run_id = Arc::clone(&commit.run_id);
        let committed = self.tables().commit(commit, &self.owner);
        match committed {
            Ok(()) => self.data.changes.send_modify(|change| *change += 1),
            Err(error) => tracing::warn!(%run_id, %error, "what a dropped run had left to store is lost"),
        }
    }

    fn claim<'a>(&'a self, run_id: &'a str, force: bool) -> Stored<'a, Claim> {
        let claim = self.write(|tables| Ok(tables.claim(run_id, force, &self.owner)));
        self.handed_over(claim, |claim| match claim {
            Claim::Yours { fence } => Some((run_id.into(), *fence)),
            Claim::Held { .. } | Claim::Ended | Claim::Missing => None,
        })
    }

    fn run<'a>(&'a self, run_id: &'a str) -> Stored<'a, Option<RunRow>> {
        self.read(|tables| tables.run(run_id))
    }

    fn is_owned<'a>(&'a self, run_id: &'a str) -> Stored<'a, bool> {
        self.read(|tables| tables.is_owned(run_id))
    }

    fn records<'a>(&'a self, run_id: &'a str) -> Stored<'a, Vec<Record>> {
        self.read(|tables| tables.records(run_id))
    }

    fn media<'a>(&'a self, run_id: &'a str) -> Stored<'a, Vec<MediaRow>> {
        self.read(|tables| tables.media(run_id))
    }

    fn events<'a>(&'a self, run_id: &'a str, from: u64, limit: usize) -> Stored<'a, Vec<Arc<Event>>> {
        self.read(|tables| tables.events(run_id, from, limit))
    }

    fn answer<'a>(&'a self, run_id: &'a str, answer: Record) -> Stored<'a, bool> {
        Box::pin(self.write(|tables| tables.answer(run_id, answer)))
    }

    fn request_cancel<'a>(&'a self, run_id: &'a str) -> Stored<'a, ()> {
        Box::pin(self.write(|tables| tables.request_cancel(run_id)))
    }

    fn to_cancel(&self) -> Stored<'_, Vec<String>> {
        self.read(|tables| tables.to_cancel(&self.owner))
    }

    fn runs(&self, filter: RunFilter) -> Stored<'_, Vec<RunRow>> {
        self.read(|tables| tables.runs(&filter))
    }

    fn next_due<'a>(&'a self, workflow_id: &'a str, user_id: Option<&'a str>, after: Timestamp) -> Stored<'a, Option<Timestamp>> {
        self.read(|tables| tables.next_due(workflow_id, user_id, after))
    }

    fn questions(&self, filter: RunFilter) -> Stored<'_, Vec<(RunRow, Record)>> {
        self.read(|tables| tables.questions(&filter))
    }

    fn delete_run<'a>(&'a self, run_id: &'a str) -> Stored<'a, bool> {
        Box::pin(self.write(|tables| Ok(tables.delete_run(run_id))))
    }

    fn prune(&self, prune: Prune) -> Stored<'_, u64> {
        Box::pin(self.write(|tables| Ok(tables.prune(&prune))))
    }

    fn session<'a>(&'a self, session_id: &'a str) -> Stored<'a, Option<SessionRow>> {
        self.read(|tables| tables.session(session_id))
    }

    fn create_session(&self, session: SessionRow) -> Stored<'_, bool> {
        Box::pin(self.write(|tables| Ok(tables.create_session(session))))
    }

    fn sessions(&self, filter: SessionFilter) -> Stored<'_, Vec<SessionRow>> {
        self.read(|tables| tables.sessions(&filter))
    }

    fn rename_session<'a>(&'a self, session_id: &'a str, name: &'a str) -> Stored<'a, bool> {
        Box::pin(self.write(|tables| Ok(tables.rename_session(session_id, name))))
    }

    fn delete_session<'a>(&'a self, session_id: &'a str) -> Stored<'a, bool> {
        Box::pin(self.write(|tables| Ok(tables.delete_session(session_id))))
    }

    fn states<'a>(&'a self, session_id: &'a str) -> Stored<'a, Vec<StateRow>> {
        self.read(|tables| tables.states(session_id))
    }

    fn write_state(&self, write: StateWrite) -> Stored<'_, u64> {
        Box::pin(self.write(|tables| tables.write_state(write)))
    }

    fn history<'a>(&'a self, session_id: &'a str, n: Option<usize>) -> Stored<'a, Vec<Turn>> {
        self.read(|tables| tables.history(session_id, n))
    }

    fn definition<'a>(&'a self, fingerprint: &'a str) -> Stored<'a, Option<Arc<Value>>> {
        self.read(|tables| tables.definition(fingerprint))
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.data.changes.subscribe()
    }
}

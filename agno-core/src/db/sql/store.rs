//! [`Store`]: what the trait [`Db`](crate::db::Db) asks for, over any backend.

use std::{
    fmt,
    sync::{Arc, OnceLock, Weak},
    thread::{self, Thread},
};

use futures_core::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use super::{
    Backend, Connection, Liveness, Sql, SqlError,
    answer::Answer,
    args,
    change::{self, Change, Changed},
    number, orphans,
    prune::AT_ONCE,
    queue::Job,
    queued::Queued,
    readers::Readers,
    row::{self, EventsOf, FROM_RUNS, RECORD, RUN, SESSION},
    select::{self, Which},
    writer::Core,
};
use crate::{
    db::{
        DbError, LEASE, Stored,
        rows::{Claim, Commit, MediaRow, Prune, Record, RunFilter, RunRow, SessionFilter, SessionRow, StateRow, StateWrite, Turn},
    },
    event::Event,
};

/// A store over SQL. Clones are the same owner.
pub(in crate::db) struct Store<B: Backend>(Arc<Open<B>>);

/// The handles' side. When the last one is gone, the writer writes what waits, and ends.
struct Open<B: Backend> {
    core: Arc<Core<B>>,
    readers: Readers<B::Connection>,
    /// The thread that renews the lease.
    renewer: OnceLock<Thread>,
}

impl<B: Backend> Clone for Store<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend> fmt::Debug for Store<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.core.backend.fmt(f)
    }
}

impl<B: Backend> Drop for Open<B> {
    fn drop(&mut self) {
        self.core.queue.close();
        // What waits is still written, if nobody else has claimed its run by then.
        self.core.backend.resign();
        if let Some(renewer) = self.renewer.get() {
            renewer.unpark();
        }
    }
}

impl<B: Backend> Store<B> {
    /// Begins to write through `connection`. Needs a runtime.
    pub(in crate::db) fn new(backend: B, connection: B::Connection) -> Result<Self, DbError> {
        let core = Arc::new(Core::new(backend, connection));
        core.serve();
        let open = Arc::new(Open { core, readers: Readers::default(), renewer: OnceLock::new() });
        if open.core.backend.has_others() {
            let weak = Arc::downgrade(&open);
            // A thread, because tests may stop the runtime's clock, and because whatever blocks the runtime must not lose the lease.
            let renewer = thread::Builder::new().name("agno-lease".to_owned()).spawn(move || renew(&weak)).map_err(DbError::other)?;
            let _ = open.renewer.set(renewer.thread().clone());
        }
        Ok(Self(open))
    }

    fn core(&self) -> &Arc<Core<B>> {
        &self.0.core
    }

    /// Looks something up, beside the writer where that is possible.
    async fn look<T: Send + 'static, F>(&self, look: F) -> Result<T, DbError>
    where
        F: for<'c> FnOnce(&'c mut B::Connection) -> BoxFuture<'c, Sql<T>> + Clone + Send + 'static,
    {
        let seen = match self.0.readers.look(&self.core().backend, look.clone()).await {
            Some(seen) => seen,
            None => {
                let (reply, answer) = oneshot::channel();
                let job = Job::Look(Box::new(move |connection| {
                    let seen = look(connection);
                    Box::pin(async move { drop(reply.send(seen.await)) })
                }));
                self.push(job).await;
                answer.await.map_err(|_| ended())?
            }
        };
        seen.map_err(SqlError::into_db)
    }

    async fn push(&self, job: Job<B::Connection>) {
        self.core().serve();
        let room = self.core().queue.room().await;
        self.core().queue.push(job, room);
    }

    async fn change(&self, change: Change) -> Result<Changed, DbError> {
        let (reply, answer) = oneshot::channel();
        self.push(Job::Change(change, reply)).await;
        answer.await.map_err(|_| ended())?
    }

    async fn count(&self, change: Change) -> Result<u64, DbError> {
        match self.change(change).await? {
            Changed::Count(count) => Ok(count),
            Changed::Claim(_) => Ok(0),
        }
    }

    pub(in crate::db) fn commit(&self, commit: Commit) -> Stored<'_, ()> {
        let (reply, answer) = oneshot::channel();
        self.core().serve();
        let (core, run_id, fence) = (self.core(), Arc::clone(&commit.run_id), commit.fence);
        let answer = Answer::new(answer, commit.takes().then_some(move |()| core.release(run_id, fence)));
        // In the call and not in its future, so that calls keep their order whoever is polled first.
        let mut queued = Queued::new(self.core(), Job::Commit(commit, Some(reply)));
        Box::pin(async move {
            queued.commit_in_place().await;
            answer.heard().await
        })
    }

    pub(in crate::db) fn commit_detached(&self, commit: Commit) {
        if tokio::runtime::Handle::try_current().is_ok() {
            self.core().serve();
        }
        self.core().queue.push(Job::Commit(commit, None), None);
    }

    pub(in crate::db) async fn claim(&self, run_id: String, force: bool) -> Result<Claim, DbError> {
        let (reply, answer) = oneshot::channel();
        let claimed = run_id.clone();
        let unheard = |changed| {
            if let Changed::Claim(Claim::Yours { fence }) = changed {
                self.core().release(claimed.into(), fence);
            }
        };
        let answer = Answer::new(answer, Some(unheard));
        self.push(Job::Change(Change::Claim { run_id, force }, reply)).await;
        match answer.heard().await? {
            Changed::Claim(claim) => Ok(claim),
            Changed::Count(_) => Ok(Claim::Missing),
        }
    }

    pub(in crate::db) async fn run(&self, run_id: String) -> Result<Option<RunRow>, DbError> {
        self.look(move |connection| {
            Box::pin(async move {
                let sql = format!("SELECT {RUN} {FROM_RUNS} WHERE r.run_id = $1");
                let run = connection.fetch("runs", &sql, args![run_id]).await?.pop();
                Ok(run.map(|mut run| row::run(&mut run)).transpose()?)
            })
        })
        .await
    }

    pub(in crate::db) async fn is_owned(&self, run_id: String) -> Result<bool, DbError> {
        let core = Arc::clone(self.core());
        self.look(move |connection| {
            Box::pin(async move {
                let owner = connection.fetch("runs", "SELECT owner FROM ~runs WHERE run_id = $1", args![run_id.as_str()]).await?.pop();
                let owner = owner.map(|mut owner| owner.maybe_text()).transpose()?.flatten();
                let Some(owner) = owner else { return Ok(false) };
                Ok(change::holds(&core, connection, &run_id, &owner).await? != Liveness::Dead)
            })
        })
        .await
    }

    pub(in crate::db) async fn records(&self, run_id: String) -> Result<Vec<Record>, DbError> {
        self.look(move |connection| {
            Box::pin(async move {
                let sql = format!("SELECT {RECORD} FROM ~records WHERE run = (SELECT key FROM ~runs WHERE run_id = $1) ORDER BY number");
                let rows = connection.fetch("records", &sql, args![run_id.as_str()]).await?;
                rows.into_iter().map(|mut row| row::record(&mut row).map_err(|error| error.within(&run_id).into())).collect()
            })
        })
        .await
    }

    pub(in crate::db) async fn media(&self, run_id: String) -> Result<Vec<MediaRow>, DbError> {
        self.look(move |connection| {
            Box::pin(async move {
                let sql = "SELECT digest, bytes FROM ~media WHERE run = (SELECT key FROM ~runs WHERE run_id = $1)";
                let rows = connection.fetch("media", sql, args![run_id.as_str()]).await?;
                let rows = rows.into_iter().map(|mut row| Ok(MediaRow { digest: row.text()?, bytes: row.bytes()?.into() }));
                rows.collect::<Result<_, _>>().map_err(|error: DbError| error.within(&run_id).into())
            })
        })
        .await
    }

    pub(in crate::db) async fn events(&self, run_id: String, from: u64, limit: usize) -> Result<Vec<Arc<Event>>, DbError> {
        self.look(move |connection| {
            Box::pin(async move {
                let run = "SELECT run_id, session_id, workflow, key FROM ~runs WHERE run_id = $1";
                let Some(mut run) = connection.fetch("runs", run, args![run_id]).await?.pop() else { return Ok(Vec::new()) };
                let of = EventsOf::new(&mut run)?;
                let events = "SELECT sequence, event FROM ~events WHERE run = $1 AND sequence >= $2 ORDER BY sequence LIMIT $3";
                let rows = connection.fetch("events", events, args![run.int()?, number(from), number(limit as u64)]).await?;
                rows.into_iter().map(|mut row| Ok(of.event(&mut row)?)).collect()
            })
        })
        .await
    }

    pub(in crate::db) async fn answer(&self, run_id: String, answer: Record) -> Result<bool, DbError> {
        self.count(Change::Answer { run_id, answer }).await.map(|count| count > 0)
    }

    pub(in crate::db) async fn request_cancel(&self, run_id: String) -> Result<(), DbError> {
        self.count(Change::RequestCancel { run_id }).await.map(drop)
    }

    pub(in crate::db) async fn to_cancel(&self) -> Result<Vec<String>, DbError> {
        let owner = self.core().backend.owner().to_owned();
        self.look(move |connection| {
            Box::pin(async move {
                let sql = "SELECT run_id FROM ~runs WHERE owner = $1 AND cancel = 1 ORDER BY run_id";
                let rows = connection.fetch("runs", sql, args![owner]).await?;
                rows.into_iter().map(|mut row| Ok(row.text()?)).collect()
            })
        })
        .await
    }

    pub(in crate::db) async fn runs(&self, filter: RunFilter) -> Result<Vec<RunRow>, DbError> {
        let core = Arc::clone(self.core());
        self.look(move |connection| Box::pin(async move { orphans::runs(&core, connection, filter, Which::Any).await })).await
    }

    pub(in crate::db) async fn next_due(
        &self,
        workflow_id: String,
        user_id: Option<String>,
        after: Timestamp,
    ) -> Result<Option<Timestamp>, DbError> {
        self.look(move |connection| {
            Box::pin(async move {
                let due = select::next_due_query(&workflow_id, user_id, after).fetch(connection, "runs").await?.pop();
                Ok(due.map(|mut due| due.time()).transpose()?)
            })
        })
        .await
    }

    pub(in crate::db) async fn questions(&self, filter: RunFilter) -> Result<Vec<(RunRow, Record)>, DbError> {
        let core = Arc::clone(self.core());
        self.look(move |connection| {
            Box::pin(async move {
                let runs = orphans::runs(&core, connection, filter, Which::Asking).await?;
                select::questions(connection, runs).await
            })
        })
        .await
    }

    pub(in crate::db) async fn delete_run(&self, run_id: String) -> Result<bool, DbError> {
        self.count(Change::DeleteRun { run_id }).await.map(|count| count > 0)
    }

    pub(in crate::db) async fn prune(&self, prune: Prune) -> Result<u64, DbError> {
        let mut all = 0;
        loop {
            let some = self.count(Change::Prune(prune.clone())).await?;
            all += some;
            if some < AT_ONCE {
                return Ok(all);
            }
        }
    }

    pub(in crate::db) async fn session(&self, session_id: String) -> Result<Option<SessionRow>, DbError> {
        self.look(move |connection| {
            Box::pin(async move {
                let sql = format!("SELECT {SESSION} FROM ~sessions WHERE id = $1");
                let session = connection.fetch("sessions", &sql, args![session_id]).await?.pop();
                Ok(session.map(|mut session| row::session(&mut session)).transpose()?)
            })
        })
        .await
    }

    pub(in crate::db) async fn create_session(&self, session: SessionRow) -> Result<bool, DbError> {
        self.count(Change::CreateSession(session)).await.map(|count| count > 0)
    }

    pub(in crate::db) async fn sessions(&self, filter: SessionFilter) -> Result<Vec<SessionRow>, DbError> {
        self.look(move |connection| Box::pin(async move { select::sessions(connection, &filter).await })).await
    }

    pub(in crate::db) async fn rename_session(&self, session_id: String, name: String) -> Result<bool, DbError> {
        self.count(Change::RenameSession { session_id, name }).await.map(|count| count > 0)
    }

    pub(in crate::db) async fn delete_session(&self, session_id: String) -> Result<bool, DbError> {
        self.count(Change::DeleteSession { session_id }).await.map(|count| count > 0)
    }

    pub(in crate::db) async fn states(&self, session_id: String) -> Result<Vec<StateRow>, DbError> {
        self.look(move |connection| {
            Box::pin(async move {
                let sql = "SELECT key, value, version, by_run FROM ~states WHERE session_id = $1 ORDER BY key";
                let rows = connection.fetch("states", sql, args![session_id]).await?;
                rows.into_iter().map(|mut row| Ok(row::state(&mut row)?)).collect()
            })
        })
        .await
    }

    pub(in crate::db) async fn write_state(&self, write: StateWrite) -> Result<u64, DbError> {
        self.count(Change::WriteState(write)).await
    }

    pub(in crate::db) async fn history(&self, session_id: String, n: Option<usize>) -> Result<Vec<Turn>, DbError> {
        self.look(move |connection| {
            Box::pin(async move {
                let sql = format!(
                    "SELECT r.run_id, i.input, r.output {FROM_RUNS} WHERE r.session_id = $1 AND r.status = 3 \
                     ORDER BY r.created_at DESC, r.run_id DESC LIMIT $2"
                );
                let n = number(n.map_or(u64::MAX, |n| n as u64));
                let rows = connection.fetch("runs", &sql, args![session_id, n]).await?;
                rows.into_iter().rev().map(|mut row| Ok(row::turn(&mut row)?)).collect()
            })
        })
        .await
    }

    pub(in crate::db) async fn definition(&self, fingerprint: String) -> Result<Option<Arc<Value>>, DbError> {
        self.look(move |connection| {
            Box::pin(async move {
                let sql = "SELECT fingerprint, definition FROM ~definitions WHERE fingerprint = $1";
                let Some(mut row) = connection.fetch("definitions", sql, args![fingerprint]).await?.pop() else { return Ok(None) };
                row.text()?;
                Ok(Some(Arc::new(row.json()?)))
            })
        })
        .await
    }

    pub(in crate::db) fn changes(&self) -> watch::Receiver<u64> {
        let core = self.core();
        core.backend.listen(&core.changes);
        core.changes.subscribe()
    }

    pub(in crate::db) fn now(&self) -> Timestamp {
        self.core().backend.now()
    }
}

pub(super) fn ended() -> DbError {
    DbError::Unavailable { reason: "the runtime in which the store wrote has ended".to_owned() }
}

/// Renews the lease as long as the store is open.
fn renew<B: Backend>(open: &Weak<Open<B>>) {
    loop {
        thread::park_timeout(LEASE / 3);
        let Some(open) = open.upgrade() else { return };
        if open.core.queue.is_served() {
            open.core.queue.push(Job::Renew, None);
        }
    }
}

//! The task that writes: one for each store, through one connection.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{
    Backend, Connection, Sql, SqlError,
    change::{self, Change, Changed},
    diagnose::diagnose,
    queue::{Queue, Reply, Work},
};
use crate::{
    db::{DbError, rows::Claim, rows::Commit},
    workflow::Status,
};

/// For so long a lost connection is made anew before somebody is told.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits between attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// What the handles of a store and its writer share.
#[derive(Debug)]
pub(super) struct Core<B: Backend> {
    pub(super) backend: B,
    pub(super) queue: Queue<B::Connection>,
    pub(super) changes: watch::Sender<u64>,
    /// The runs that this owner has claimed and not let go.
    live: Mutex<HashSet<String>>,
    /// The number of the last batch.
    number: AtomicI64,
    /// The writer's connection, while no writer runs.
    idle: Mutex<Option<B::Connection>>,
}

impl<B: Backend> Core<B> {
    pub(super) fn new(backend: B, connection: B::Connection) -> Self {
        let (live, idle) = (Mutex::default(), Mutex::new(Some(connection)));
        Self { backend, queue: Queue::default(), changes: watch::Sender::new(0), live, number: AtomicI64::new(0), idle }
    }

    pub(super) fn live(&self) -> MutexGuard<'_, HashSet<String>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn idle(&self) -> MutexGuard<'_, Option<B::Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the writer, if none runs: the first one, or one in place of a writer whose runtime has ended.
    pub(super) fn serve(self: &Arc<Self>) {
        if !self.queue.wants_a_server() {
            return;
        }
        let connection = self.idle().take();
        let writer = Writer { core: Arc::clone(self), connection };
        #[expect(clippy::disallowed_methods, reason = "it belongs to the store and ends with it, not with a run")]
        drop(tokio::spawn(writer.serve()));
    }

    fn changed(&self) {
        self.backend.told();
        self.changes.send_modify(|change| *change += 1);
    }
}

struct Writer<B: Backend> {
    core: Arc<Core<B>>,
    connection: Option<B::Connection>,
}

impl<B: Backend> Drop for Writer<B> {
    fn drop(&mut self) {
        *self.core.idle() = self.connection.take();
        self.core.queue.abandon();
    }
}

impl<B: Backend> Writer<B> {
    async fn serve(mut self) {
        if let Some(connection) = &mut self.connection {
            // A writer whose runtime ended may have left a transaction open. Mostly there is none, which is an error.
            let _ = connection.run("ROLLBACK", Vec::new()).await;
        }
        while let Some(work) = self.core.queue.next().await {
            match work {
                Work::Commits(batch, replies) => {
                    let answered = batch.commits.len();
                    self.commit(batch.commits, replies).await;
                    self.core.queue.give_a_turn(answered).await;
                }
                Work::Change(change, reply) => self.change(change, reply).await,
                Work::Look(look) => {
                    // Who looks hears by the end of the channel that there is no connection.
                    if let Ok(connection) = self.connection().await {
                        look(connection).await;
                    }
                }
                Work::Renew => self.renew().await,
            }
        }
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    async fn connection(&mut self) -> Result<&mut B::Connection, DbError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.core.backend.connect_writer().await?,
        };
        Ok(self.connection.insert(connection))
    }

    async fn commit(&mut self, commits: Vec<Commit>, replies: Vec<Option<Reply<()>>>) {
        let committed = self.write(&commits).await;
        let alone = commits.len() == 1;
        for (commit, reply) in commits.into_iter().zip(replies) {
            let committed = match &committed {
                Ok(()) => Ok(()),
                Err(SqlError::Failed(error) | SqlError::Lost(error)) if alone => Err(error.clone()),
                // One of them is wrong, or something else is with all of them: each for itself finds out.
                Err(_) => self.commit_alone(&commit).await,
            };
            self.note(&commit, &committed);
            match (reply, committed) {
                // Whoever has gone away does not want to know.
                (Some(reply), committed) => drop(reply.send(committed)),
                (None, Err(error)) => tracing::warn!(run_id = %commit.run_id, %error, "what a dropped run had left to store is lost"),
                (None, Ok(())) => {}
            }
        }
        self.core.changed();
    }

    async fn commit_alone(&mut self, commit: &Commit) -> Result<(), DbError> {
        // What was wrong may be right when somebody looks: another process has changed it meanwhile.
        for _ in 0..3 {
            match self.write(std::slice::from_ref(commit)).await {
                Ok(()) => return Ok(()),
                Err(SqlError::Again(_)) => {}
                Err(SqlError::Refused(reason)) => {
                    let connection = self.connection().await?;
                    if let Some(error) = diagnose(connection, commit).await.map_err(SqlError::into_db)? {
                        return Err(error);
                    }
                    tracing::debug!(run_id = %commit.run_id, reason, "a refused commit is tried again");
                }
                Err(error) => return Err(error.into_db()),
            }
        }
        Err(DbError::Unavailable { reason: "others change the same rows all the time".to_owned() })
    }

    /// Who owns what, now that this has been tried.
    fn note(&self, commit: &Commit, committed: &Result<(), DbError>) {
        let stops = |standing: &crate::db::rows::Standing| standing.status != Status::Running;
        let lets_go = commit.release || commit.standing.as_deref().is_some_and(stops);
        let mut live = self.core.live();
        match committed {
            Ok(()) if commit.begin.is_some() && !lets_go => {
                live.insert(commit.run_id.to_string());
            }
            // Whoever wants to let go does not run it any more, whether the store hears of it or not.
            _ if lets_go && commit.begin.is_none() => {
                live.remove(&*commit.run_id);
            }
            _ => {}
        }
    }

    /// Makes commits, all or none. A connection that is lost meanwhile is made anew, and the number says whether they had been made.
    async fn write(&mut self, commits: &[Commit]) -> Sql<()> {
        let number = self.core.number.fetch_add(1, Ordering::Relaxed) + 1;
        let began = Instant::now();
        loop {
            let core = Arc::clone(&self.core);
            let written = match self.connection().await {
                Ok(connection) => {
                    let written = core.backend.write(connection, number, commits).await;
                    if written.is_err() {
                        let _ = connection.run("ROLLBACK", Vec::new()).await;
                    }
                    written
                }
                Err(error @ DbError::Unavailable { .. }) => Err(SqlError::Lost(error)),
                Err(error) => Err(SqlError::Failed(error)),
            };
            let Err(SqlError::Lost(error)) = written else { return written };
            // The first time it is likely to be there again at once.
            let was_connected = self.connection.take().is_some();
            if began.elapsed() > PATIENCE {
                return Err(SqlError::Lost(error));
            }
            if !was_connected {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn change(&mut self, change: Change, reply: Reply<Changed>) {
        let began = Instant::now();
        let changed = loop {
            let (error, repeats) = match self.try_change(&change).await {
                Ok(changed) => break Ok(changed),
                Err((SqlError::Again(error), _)) => (error, true),
                Err((SqlError::Lost(error), was_committing)) => {
                    self.connection = None;
                    (error, !was_committing)
                }
                Err((error, _)) => break Err(error.into_db()),
            };
            if !repeats || began.elapsed() > PATIENCE {
                break Err(error);
            }
            tokio::time::sleep(PAUSE).await;
        };
        if let (Change::Claim { run_id, .. }, Ok(Changed::Claim(Claim::Yours { .. }))) = (&change, &changed) {
            self.core.live().insert(run_id.clone());
        }
        if changed.is_ok() {
            self.core.changed();
        }
        drop(reply.send(changed));
    }

    /// The `true` of an error: nobody knows whether it was done.
    async fn try_change(&mut self, change: &Change) -> Result<Changed, (SqlError, bool)> {
        let core = Arc::clone(&self.core);
        let connection = self.connection().await.map_err(|error| (SqlError::Lost(error), false))?;
        let changed = async {
            connection.run(B::BEGIN, Vec::new()).await?;
            let changed = change::make(&core, connection, change).await?;
            core.backend.tell(connection).await?;
            Ok(changed)
        };
        let changed = match changed.await {
            Ok(changed) => connection.run("COMMIT", Vec::new()).await.map(|_| changed).map_err(|error| (error, true)),
            Err(error) => Err((error, false)),
        };
        if changed.is_err() {
            let _ = connection.run("ROLLBACK", Vec::new()).await;
        }
        changed
    }

    async fn renew(&mut self) {
        let core = Arc::clone(&self.core);
        let renewed = match self.connection().await {
            Ok(connection) => core.backend.renew(connection).await.map_err(SqlError::into_db),
            Err(error) => Err(error),
        };
        if let Err(error) = renewed {
            tracing::warn!(%error, "the store's lease could not be renewed");
        }
        // Those who wait for news look again now and then, should a notification have been lost.
        core.changes.send_modify(|change| *change += 1);
    }
}

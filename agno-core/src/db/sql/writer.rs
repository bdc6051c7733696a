//! Writing, through one connection. Whoever has the [`Pen`] writes: the task that serves the queue, or, when nothing else waits, whoever commits, in place. Another
//! task is woken by the system, which takes longer than a commit to memory.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use tokio::sync::{Notify, watch};

use super::{
    Backend, Connection, Sql, SqlError,
    change::{self, Change, Changed},
    diagnose::diagnose,
    queue::{Job, Queue, Reply, Work},
};
use crate::{
    db::{
        DbError,
        rows::{Claim, Commit},
    },
    joint::Joint,
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
    desk: Mutex<Desk<B::Connection>>,
    /// It lies there again.
    laid: Notify,
}

/// Where the pen lies.
#[derive(Debug)]
struct Desk<C> {
    /// Somebody has it.
    taken: bool,
    /// `None` also where it was lost.
    connection: Option<C>,
    /// Whoever had it last was dropped in the middle, and may have left a transaction open.
    dirty: bool,
    /// What is being written in place. Whoever waits for the pen goes on with it, should the one who began it not be polled, so that nobody is held up by a run
    /// that does something else meanwhile.
    in_place: Option<InPlace>,
}

/// A commit that is made in place. Several may poll it.
pub(super) type InPlace = Joint<()>;

impl<B: Backend> Core<B> {
    pub(super) fn new(backend: B, connection: B::Connection) -> Self {
        let desk = Desk { taken: false, connection: Some(connection), dirty: false, in_place: None };
        Self {
            backend,
            queue: Queue::default(),
            changes: watch::Sender::new(0),
            live: Mutex::default(),
            number: AtomicI64::new(0),
            desk: Mutex::new(desk),
            laid: Notify::new(),
        }
    }

    pub(super) fn live(&self) -> MutexGuard<'_, HashSet<String>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn desk(&self) -> MutexGuard<'_, Desk<B::Connection>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the task that serves the queue, if none does: the first one, or one in place of a task whose runtime has ended.
    pub(super) fn serve(self: &Arc<Self>) {
        if self.queue.wants_a_server() {
            #[expect(clippy::disallowed_methods, reason = "it belongs to the store and ends with it, not with a run")]
            drop(tokio::spawn(Server(Arc::clone(self)).serve()));
        }
    }

    /// The pen, if nobody has it.
    pub(super) fn try_pen(self: &Arc<Self>) -> Option<Pen<B>> {
        let mut desk = self.desk();
        if desk.taken {
            return None;
        }
        desk.taken = true;
        Some(Pen { core: Arc::clone(self), connection: desk.connection.take(), dirty: desk.dirty })
    }

    async fn pen(self: &Arc<Self>) -> Pen<B> {
        loop {
            let laid = self.laid.notified();
            if let Some(pen) = self.try_pen() {
                return pen;
            }
            let in_place = self.desk().in_place.clone();
            match in_place {
                Some(in_place) => in_place.await,
                None => laid.await,
            }
        }
    }

    /// Makes a commit in place, if nobody else writes or wants to. What is given has to be waited for, or [`rescued`](Queue::rescue).
    pub(super) fn commit_in_place(self: &Arc<Self>, number: u64) -> Option<InPlace> {
        let mut pen = self.try_pen()?;
        let (commit, reply) = self.queue.take_alone(number)?;
        let write = Joint::new(async move { pen.work(Work::alone(commit, reply)).await }.boxed());
        self.desk().in_place = Some(write.clone());
        // Whoever waits for the pen may have looked before it stood there.
        self.laid.notify_one();
        Some(write)
    }

    /// Whoever would have a run now has gone away before he heard of it.
    pub(super) fn release(&self, run_id: Arc<str>, fence: u64) {
        self.queue.push(Job::Commit(Commit { release: true, ..Commit::new(run_id, fence) }, None), None);
    }

    fn changed(&self) {
        self.backend.told();
        self.changes.send_modify(|change| *change += 1);
    }
}

/// The task that serves the queue.
struct Server<B: Backend>(Arc<Core<B>>);

impl<B: Backend> Drop for Server<B> {
    fn drop(&mut self) {
        self.0.queue.abandon();
    }
}

impl<B: Backend> Server<B> {
    async fn serve(self) {
        while self.0.queue.fills().await {
            let mut pen = self.0.pen().await;
            while let Some(work) = self.0.queue.take() {
                pen.work(work).await;
            }
        }
        if let Some(connection) = self.0.pen().await.connection.take() {
            connection.close().await;
        }
    }
}

/// The right to write.
pub(super) struct Pen<B: Backend> {
    core: Arc<Core<B>>,
    connection: Option<B::Connection>,
    /// Something is under way.
    dirty: bool,
}

impl<B: Backend> Drop for Pen<B> {
    fn drop(&mut self) {
        let mut desk = self.core.desk();
        let in_place = desk.in_place.take();
        *desk = Desk { taken: false, connection: self.connection.take(), dirty: self.dirty, in_place: None };
        drop(desk);
        // This may be the one that runs right now, and goes when it ends.
        drop(in_place);
        self.core.laid.notify_one();
    }
}

impl<B: Backend> Pen<B> {
    async fn work(&mut self, work: Work<B::Connection>) {
        self.clean().await;
        self.dirty = true;
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
        self.dirty = false;
    }

    /// Ends what somebody who was dropped has left open. Mostly there is nothing, which is an error.
    async fn clean(&mut self) {
        if let (true, Some(connection)) = (self.dirty, &mut self.connection) {
            let _ = connection.run("ROLLBACK", Vec::new()).await;
        }
        self.dirty = false;
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
                Err(SqlError::Failed(error)) if alone => Err(error.clone()),
                // Nobody knows whether it was made. Under another number it could be made twice.
                Err(SqlError::Lost(error)) => Err(error.clone()),
                // One of them is wrong, or something else is with all of them: each for itself finds out.
                Err(_) => self.commit_alone(&commit).await,
            };
            self.note(&commit, &committed);
            match (reply, committed) {
                (Some(reply), committed) => {
                    if let (Err(Ok(())), true) = (reply.send(committed), commit.takes()) {
                        self.core.release(commit.run_id, commit.fence);
                    }
                }
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
        let mut live = self.core.live();
        if committed.is_ok() && commit.takes() {
            live.insert(commit.run_id.to_string());
        } else if commit.lets_go() && commit.begin.is_none() {
            // Whoever wants to let go does not run it any more, whether the store hears of it or not.
            live.remove(&*commit.run_id);
        }
    }

    /// Makes commits, all or none. A connection that is lost meanwhile is made anew, and the number says whether they had been made.
    async fn write(&mut self, commits: &[Commit]) -> Sql<()> {
        let number = self.core.number.fetch_add(1, Ordering::Relaxed) + 1;
        let (began, mut is_unknown) = (Instant::now(), false);
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
                Err(error) if is_unknown => Err(SqlError::Lost(error)),
                Err(error) => Err(unconnected(error)),
            };
            let Err(SqlError::Lost(error)) = written else { return written };
            // The first time it is likely to be there again at once.
            let was_connected = self.connection.take().is_some();
            is_unknown |= was_connected;
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
        let unheard = reply.send(changed);
        if let (Change::Claim { run_id, .. }, Err(Ok(Changed::Claim(Claim::Yours { fence })))) = (change, unheard) {
            self.core.release(run_id.into(), fence);
        }
    }

    /// The `true` of an error: nobody knows whether it was done.
    async fn try_change(&mut self, change: &Change) -> Result<Changed, (SqlError, bool)> {
        let core = Arc::clone(&self.core);
        let connection = self.connection().await.map_err(|error| (unconnected(error), false))?;
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

    async fn try_renew(&mut self) -> Sql<()> {
        let core = Arc::clone(&self.core);
        let connection = self.connection().await.map_err(unconnected)?;
        core.backend.renew(connection).await
    }

    async fn renew(&mut self) {
        let core = Arc::clone(&self.core);
        let mut renewed = self.try_renew().await;
        if let Err(SqlError::Lost(_)) = renewed {
            // With the connection this owner's lock has gone: it is made anew, even if nothing is to be written.
            self.connection = None;
            renewed = self.try_renew().await;
        }
        if let Err(error) = renewed {
            let error = error.into_db();
            tracing::warn!(%error, "the store's lease could not be renewed");
        }
        // Those who wait for news look again now and then, should a notification have been lost.
        core.changes.send_modify(|change| *change += 1);
    }
}

/// A server that is not there may come back soon; what else keeps it from being used does not go by itself.
fn unconnected(error: DbError) -> SqlError {
    match error {
        DbError::Unavailable { .. } => SqlError::Lost(error),
        error => SqlError::Failed(error),
    }
}

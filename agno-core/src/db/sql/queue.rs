//! What waits to be written.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_core::future::BoxFuture;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};

use super::{
    batch::Batch,
    change::{Change, Changed},
};
use crate::db::{DbError, rows::Commit};

/// So many may wait, whatever becomes of their callers. A commit that comes then has a place behind them for as long as its caller waits for it; everything else
/// waits for room.
const ROOM: usize = 1_024;

/// Who waits for an answer.
pub(super) type Reply<T> = oneshot::Sender<Result<T, DbError>>;

/// Something that reads through the connection that writes, because there is no other.
pub(super) type Look<C> = Box<dyn for<'c> FnOnce(&'c mut C) -> BoxFuture<'c, ()> + Send>;

pub(super) enum Job<C> {
    /// `None`: nobody waits for it.
    Commit(Commit, Option<Reply<()>>),
    Change(Change, Reply<Changed>),
    Look(Look<C>),
    Renew,
}

/// What is written at once.
pub(super) enum Work<C> {
    Commits(Batch, Vec<Option<Reply<()>>>),
    Change(Change, Reply<Changed>),
    Look(Look<C>),
    Renew,
}

impl<C> Work<C> {
    pub(super) fn alone(commit: Commit, reply: Option<Reply<()>>) -> Self {
        let mut batch = Batch::default();
        batch.add(commit);
        Self::Commits(batch, vec![reply])
    }
}

/// Jobs in the order of the calls.
pub(super) struct Queue<C> {
    inner: Mutex<Inner<C>>,
    filled: Notify,
    room: Arc<Semaphore>,
}

struct Inner<C> {
    jobs: VecDeque<Waiting<C>>,
    /// The number of the next job.
    next: u64,
    /// Something is being written in place, and whoever began it has gone away.
    rescue: bool,
    /// Nobody can add anything any more.
    closed: bool,
    /// Whether a task takes jobs out.
    served: bool,
}

struct Waiting<C> {
    number: u64,
    job: Job<C>,
    /// The room that it takes, until it is taken out. `None`: there was none, or nobody waits for it.
    room: Option<OwnedSemaphorePermit>,
}

impl<C> fmt::Debug for Queue<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.inner().jobs.len()).finish_non_exhaustive()
    }
}

impl<C> Default for Queue<C> {
    fn default() -> Self {
        let inner = Inner { jobs: VecDeque::new(), next: 0, rescue: false, closed: false, served: false };
        Self { inner: Mutex::new(inner), filled: Notify::new(), room: Arc::new(Semaphore::new(ROOM)) }
    }
}

impl<C> Queue<C> {
    fn inner(&self) -> MutexGuard<'_, Inner<C>> {
        // Nothing that could panic is done while it is held.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for a job, if there is some now.
    pub(super) fn try_room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.room).try_acquire_owned().ok()
    }

    /// Room for a job, as soon as there is some.
    pub(super) async fn room(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    /// Adds a job. Of those that come without room there are few: one for each run that is dropped.
    pub(super) fn push(&self, job: Job<C>, room: Option<OwnedSemaphorePermit>) {
        self.push_quietly(job, room);
        self.wake();
    }

    /// Adds a job, and gives its number. Whoever does this either takes it out again, alone, or wakes the task that writes.
    pub(super) fn push_quietly(&self, job: Job<C>, room: Option<OwnedSemaphorePermit>) -> u64 {
        let mut inner = self.inner();
        let number = inner.next;
        inner.next += 1;
        inner.jobs.push_back(Waiting { number, job, room });
        number
    }

    /// Has the task that writes go on with what is being written in place.
    pub(super) fn rescue(&self) {
        self.inner().rescue = true;
        self.wake();
    }

    /// Wakes the task that writes.
    pub(super) fn wake(&self) {
        self.filled.notify_one();
    }

    /// Takes out the commit of this number, if nothing else waits.
    pub(super) fn take_alone(&self, number: u64) -> Option<(Commit, Option<Reply<()>>)> {
        let mut inner = self.inner();
        let is_alone = inner.jobs.len() == 1 && inner.jobs.front().is_some_and(|waiting| waiting.number == number);
        let waiting = if is_alone { inner.jobs.pop_front()? } else { return None };
        match waiting {
            Waiting { job: Job::Commit(commit, reply), .. } => Some((commit, reply)),
            other => {
                inner.jobs.push_front(other);
                None
            }
        }
    }

    /// The caller of a commit that has no room has gone away. Nothing of it was promised, unless a later commit of its run waits, which must not be made without it.
    pub(super) fn withdraw(&self, number: u64) {
        let mut inner = self.inner();
        // Jobs stand in the order of their numbers.
        let Ok(place) = inner.jobs.binary_search_by_key(&number, |waiting| waiting.number) else { return };
        let run_id = |waiting: &Waiting<C>| match &waiting.job {
            Job::Commit(commit, _) => Some(Arc::clone(&commit.run_id)),
            _ => None,
        };
        let run = run_id(&inner.jobs[place]);
        if inner.jobs.range(place + 1..).all(|later| run_id(later) != run) {
            let withdrawn = inner.jobs.remove(place);
            drop(inner);
            drop(withdrawn);
        }
    }

    /// What waits is still written, and then the task that writes it ends.
    pub(super) fn close(&self) {
        self.inner().closed = true;
        self.filled.notify_one();
    }

    /// Whether a task has to be started that takes jobs out; whoever asks starts it then.
    pub(super) fn wants_a_server(&self) -> bool {
        let mut inner = self.inner();
        let wants = !inner.served && !inner.closed;
        inner.served |= wants;
        wants
    }

    pub(super) fn is_served(&self) -> bool {
        self.inner().served
    }

    /// The task that took jobs out has ended. Who waits hears of it by the end of their channel.
    pub(super) fn abandon(&self) {
        let mut inner = self.inner();
        inner.served = false;
        let jobs = std::mem::take(&mut inner.jobs);
        drop(inner);
        drop(jobs);
    }

    /// Several have just been answered, and are likely to come again at once. The next batch has more of them if they come first. Who is alone is not waited for.
    pub(super) async fn give_a_turn(&self, answered: usize) {
        for _ in 0..4 {
            if answered < 2 || self.inner().jobs.len() >= answered {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits until there is something to write. `false`: nothing will come any more.
    pub(super) async fn fills(&self) -> bool {
        loop {
            let filled = self.filled.notified();
            {
                let mut inner = self.inner();
                if std::mem::take(&mut inner.rescue) || !inner.jobs.is_empty() {
                    return true;
                }
                if inner.closed {
                    return false;
                }
            }
            filled.await;
        }
    }

    /// What is to be written next.
    pub(super) fn take(&self) -> Option<Work<C>> {
        let mut inner = self.inner();
        let (commit, reply) = match inner.jobs.pop_front()?.job {
            Job::Commit(commit, reply) => (commit, reply),
            Job::Change(change, reply) => return Some(Work::Change(change, reply)),
            Job::Look(look) => return Some(Work::Look(look)),
            Job::Renew => return Some(Work::Renew),
        };
        let room = inner.jobs.len() + 1;
        let (mut batch, mut replies) = (Batch::with_room(room), Vec::with_capacity(room));
        batch.add(commit);
        replies.push(reply);
        while let Some(Waiting { number, job, room }) = inner.jobs.pop_front() {
            match job {
                Job::Commit(commit, reply) if batch.admits(&commit) => {
                    batch.add(commit);
                    replies.push(reply);
                }
                job => {
                    inner.jobs.push_front(Waiting { number, job, room });
                    break;
                }
            }
        }
        Some(Work::Commits(batch, replies))
    }
}

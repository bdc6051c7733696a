//! What a run has to store, and how far that is.
//!
//! Records wait here until somebody asks for them to be stored: the node that begins next, a branch whose step has ended, the end of the leg. One commit is
//! under way at a time, and it takes all that waits. Whoever waits for it polls it, so that it goes on although one of them is dropped.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::future::FutureExt as _;
use indexmap::IndexMap;
use serde::Serialize;

use crate::{
    db::{
        Db, DbError,
        rows::{Commit, MediaRow, NewRun, Record, RecordKind, Standing, StateWrite},
    },
    durable::record,
    event::{Event, Hub},
    joint::Joint,
    journal::Entry,
    plan::Durability,
};

/// The writing side of a run that a store keeps.
pub(crate) struct Outbox {
    pub(crate) db: Arc<dyn Db>,
    run_id: Arc<str>,
    fence: u64,
    durability: Durability,
    pub(crate) stores_events: bool,
    inner: Mutex<Inner>,
    /// Whether records wait, so that nobody has to take the lock to see that none do.
    waits: AtomicBool,
}

#[derive(Default)]
struct Inner {
    begin: Option<Box<NewRun>>,
    records: IndexMap<(String, RecordKind), Record>,
    removed: HashSet<(String, RecordKind)>,
    media: Vec<MediaRow>,
    states: Vec<StateWrite>,
    events: Vec<Arc<Event>>,
    /// Changes that came in, and those that are stored.
    queued: u64,
    stored: u64,
    under_way: Option<UnderWay>,
    /// The commit that takes events while the run waits: it wakes the run as long as it is kept.
    watched: Option<UnderWay>,
    /// A commit that was refused over a state: all of it but the step's own part is to be made.
    refused: Option<Commit>,
    failed: Option<DbError>,
}

#[derive(Clone)]
struct UnderWay {
    /// What `stored` is when it has succeeded.
    upto: u64,
    /// The last event in it.
    last_event: Option<u64>,
    commit: Joint<Result<(), DbError>>,
    /// The same, if it writes a state: it may be refused, and be made again without.
    writes: Option<Arc<Commit>>,
}

impl Inner {
    /// What was not stored waits again, before what has come since.
    fn restore(&mut self, commit: Commit) {
        self.begin = commit.begin;
        let since = std::mem::take(&mut self.records);
        self.records = commit.records.into_iter().map(|record| ((record.path.clone(), record.kind), record)).chain(since).collect();
        self.removed.extend(commit.removed);
        self.media.extend(commit.media);
        self.events.splice(0..0, commit.events);
    }
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("run_id", &self.run_id).field("fence", &self.fence).finish_non_exhaustive()
    }
}

impl Outbox {
    /// The outbox of a leg. `begin`: the run is not stored yet.
    pub(crate) fn new(
        db: Arc<dyn Db>,
        run_id: Arc<str>,
        fence: u64,
        durability: Durability,
        stores_events: bool,
        begin: Option<Box<NewRun>>,
    ) -> Self {
        let inner = Inner { begin, ..Inner::default() };
        Self { db, run_id, fence, durability, stores_events, inner: Mutex::new(inner), waits: AtomicBool::new(false) }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn fence(&self) -> u64 {
        self.fence
    }

    /// Whether each result is stored before the next node starts.
    pub(crate) fn by_step(&self) -> bool {
        self.durability == Durability::Step
    }

    /// Whether there is something to store.
    pub(crate) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    fn change(&self, change: impl FnOnce(&mut Inner)) {
        let mut inner = self.inner();
        change(&mut inner);
        inner.queued += 1;
        drop(inner);
        self.waits.store(true, Ordering::Relaxed);
    }

    /// A record is new, or has changed.
    pub(crate) fn put(&self, record: Record) {
        self.change(|inner| {
            let key = (record.path.clone(), record.kind);
            inner.removed.remove(&key);
            inner.records.insert(key, record);
        });
    }

    /// A record that has no value.
    pub(crate) fn put_about(&self, path: String, kind: RecordKind, about: &impl Serialize) {
        match serde_json::to_value(about) {
            Ok(about) => self.put(Record { path, kind, about, content: None }),
            Err(error) => self.refuse(&path, &error),
        }
    }

    /// How a node ended. `sequence`: the number of the next event.
    pub(crate) fn put_entry(&self, entry: &Entry, sequence: u64) {
        let mut media = Vec::new();
        match record::write(entry, sequence, &mut media) {
            Ok(record) => {
                self.put_media(media);
                self.put(record);
            }
            Err(error) => self.refuse(&entry.path(), &error),
        }
    }

    /// What lies beside the rows of the commit that comes next.
    pub(crate) fn put_media(&self, media: Vec<MediaRow>) {
        if !media.is_empty() {
            self.inner().media.extend(media);
        }
    }

    /// Something cannot be stored: nothing is, from here on.
    pub(crate) fn refuse(&self, path: &str, error: &serde_json::Error) {
        let error = DbError::other(format!("`{path}` cannot be written as JSON: {error}"));
        self.change(|inner| _ = inner.failed.get_or_insert(error));
    }

    /// A record is no more.
    pub(crate) fn remove(&self, path: String, kind: RecordKind) {
        self.change(|inner| {
            let key = (path, kind);
            inner.records.shift_remove(&key);
            inner.removed.insert(key);
        });
    }

    /// A state has changed, with the record that comes next.
    pub(crate) fn put_state(&self, write: StateWrite) {
        self.change(|inner| inner.states.push(write));
    }

    /// Takes back a step that changed a state which somebody else had changed: its record, its state, its events.
    pub(crate) fn take_back(&self, path: &str, sequence: u64) {
        let mut inner = self.inner();
        inner.failed = None;
        if let Some(commit) = inner.refused.take() {
            inner.restore(commit);
        }
        inner.states.clear();
        inner.records.shift_remove(&(path.to_owned(), RecordKind::Node));
        inner.events.retain(|event| event.sequence < sequence);
    }

    /// An event that is to be stored. It is delivered when it is.
    pub(crate) fn put_event(&self, event: Arc<Event>) {
        let mut inner = self.inner();
        inner.events.push(event);
        inner.queued += 1;
    }

    fn take(&self, inner: &mut Inner) -> Commit {
        self.waits.store(false, Ordering::Relaxed);
        Commit {
            begin: inner.begin.take(),
            records: std::mem::take(&mut inner.records).into_values().collect(),
            removed: std::mem::take(&mut inner.removed).into_iter().collect(),
            media: std::mem::take(&mut inner.media),
            states: std::mem::take(&mut inner.states),
            events: std::mem::take(&mut inner.events),
            ..self.nothing()
        }
    }

    fn nothing(&self) -> Commit {
        Commit::new(Arc::clone(&self.run_id), self.fence)
    }

    /// The commit that is under way, or one that begins now with all that waits.
    fn under_way(&self, inner: &mut Inner) -> UnderWay {
        if let Some(under_way) = &inner.under_way {
            return under_way.clone();
        }
        let upto = inner.queued;
        let commit = self.take(inner);
        self.send(inner, upto, commit)
    }

    fn send(&self, inner: &mut Inner, upto: u64, commit: Commit) -> UnderWay {
        let db = Arc::clone(&self.db);
        let last_event = commit.events.last().map(|event| event.sequence);
        let writes = (!commit.states.is_empty()).then(|| Arc::new(commit.clone()));
        let future = async move { db.commit(commit).await };
        let under_way = UnderWay { upto, last_event, commit: Joint::new(future.boxed()), writes };
        inner.under_way = Some(under_way.clone());
        under_way
    }

    fn ended(&self, under_way: &UnderWay, result: Result<(), DbError>, hub: Option<&Arc<Hub>>) {
        let mut inner = self.inner();
        // Others have waited for the same commit.
        if inner.under_way.as_ref().is_none_or(|current| current.upto != under_way.upto) {
            return;
        }
        inner.under_way = None;
        match result {
            Ok(()) => inner.stored = inner.stored.max(under_way.upto),
            Err(error) => {
                inner.refused = under_way.writes.as_deref().cloned();
                inner.failed.get_or_insert(error);
            }
        }
        let is_stored = inner.failed.is_none();
        drop(inner);
        if is_stored && let (Some(hub), Some(last)) = (hub, under_way.last_event) {
            hub.release(last);
        }
    }

    /// Stores all that waits now. With what came meanwhile from other branches, in one commit.
    pub(crate) async fn flush(&self, hub: Option<&Arc<Hub>>) -> Result<(), DbError> {
        let target = self.inner().queued;
        loop {
            let under_way = {
                let mut inner = self.inner();
                if let Some(error) = &inner.failed {
                    return Err(error.clone());
                }
                if inner.stored >= target && inner.begin.is_none() {
                    return Ok(());
                }
                self.under_way(&mut inner)
            };
            let result = under_way.commit.clone().await;
            self.ended(&under_way, result, hub);
        }
    }

    /// Stores events as they come, whenever the run waits for something. A failure is found by the next node.
    pub(crate) fn poll_events(&self, hub: Option<&Arc<Hub>>, cx: &mut Context<'_>) {
        loop {
            let mut under_way = {
                let mut inner = self.inner();
                let watched = inner.watched.take();
                let idle = inner.under_way.is_none() && (inner.events.is_empty() || !inner.states.is_empty());
                if idle || inner.failed.is_some() || !self.by_step() {
                    return;
                }
                let under_way = self.under_way(&mut inner);
                watched.filter(|watched| watched.upto == under_way.upto).unwrap_or(under_way)
            };
            match under_way.commit.poll_unpin(cx) {
                Poll::Ready(result) => self.ended(&under_way, result, hub),
                Poll::Pending => {
                    self.inner().watched = Some(under_way);
                    return;
                }
            }
        }
    }

    /// The last commit of the leg: the rest, and where the run stands from now on.
    pub(crate) async fn finish(&self, standing: Standing, hub: Option<&Arc<Hub>>) -> Result<(), DbError> {
        loop {
            let (under_way, is_last) = {
                let mut inner = self.inner();
                if let Some(error) = &inner.failed {
                    return Err(error.clone());
                }
                match &inner.under_way {
                    Some(under_way) => (under_way.clone(), false),
                    None => {
                        inner.queued += 1;
                        let upto = inner.queued;
                        let mut commit = self.take(&mut inner);
                        commit.standing = Some(Box::new(standing.clone()));
                        (self.send(&mut inner, upto, commit), true)
                    }
                }
            };
            let result = under_way.commit.clone().await;
            self.ended(&under_way, result, hub);
            if is_last {
                return match &self.inner().failed {
                    Some(error) => Err(error.clone()),
                    None => Ok(()),
                };
            }
        }
    }

    /// Nobody can wait: the leg was dropped, or the store failed. What can be stored is, and the run is let go.
    /// `standing`: where it stands, if that is known.
    pub(crate) fn let_go(&self, standing: Option<Standing>) {
        let mut inner = self.inner();
        let mut commit = self.take(&mut inner);
        if inner.failed.is_some() {
            // What comes after a commit that failed must not be there without it.
            commit = self.nothing();
        } else {
            commit.standing = standing.map(Box::new);
        }
        drop(inner);
        commit.release = true;
        self.db.commit_detached(commit);
    }
}

/// A run that is this process's, and that no leg works on yet. Should whoever wants to begin one be dropped before that, it is let go.
#[derive(Debug)]
pub(crate) struct Claimed {
    outbox: Option<Arc<Outbox>>,
    /// Where the run stood when it was claimed.
    standing: Option<Standing>,
}

impl Claimed {
    /// The run of an outbox.
    pub(crate) fn new(outbox: Arc<Outbox>, standing: Option<Standing>) -> Self {
        Self { outbox: Some(outbox), standing }
    }

    /// Where it stands from now on, even if nobody stores that any more.
    pub(crate) fn stands(&mut self, standing: Standing) {
        self.standing = Some(standing);
    }

    /// A leg has it now, or it turns out to be somebody else's.
    pub(crate) fn handed_on(mut self) {
        self.outbox = None;
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if let Some(outbox) = self.outbox.take() {
            outbox.let_go(self.standing.take());
        }
    }
}

//! A run: what the body of a workflow calls, and what it leaves behind.
//!
//! Everything that is not pure goes through here: steps, branches, questions, timers, events. Generated code knows nothing else.

mod ask;
mod cancel;
pub(crate) mod clock;
mod condition;
mod container;
mod cx;
mod each;
mod failure;
mod join;
mod loop_;
mod map;
mod nest;
mod parallel;
pub(crate) mod path;
mod position;
mod router;
mod sleep;
mod state;
mod stop;
mod timed;
mod values;
mod withdraw;

pub(crate) use ask::OpenQuestion;
pub use ask::{Piped, PipedJson, PipedOther, QuestionInfo, QuestionText, piped_branches};
pub(crate) use cancel::Scope;
pub(crate) use container::{Busy, Frame};
pub use container::{Open, boxed};
pub use cx::CxCore;
pub use cx::{At, Cx};
pub(crate) use cx::{Sink, Storing};
pub use each::{Each, List};
pub(crate) use failure::Asked;
pub use failure::ErrorDecision;
pub(crate) use join::{Logs, logs};
pub use loop_::Turns;
pub(crate) use nest::nest_child;
pub use nest::{NestCall, NestDoor, RecordsValueOf, Unused};
pub use parallel::{Done, Join, Slot};
pub use position::{
    Alone, Apart, Branch, ByType, Exclusive, Extra, ExtraPart, Fork, Held, Holds, Knows, NoExtra, Position, Sole, Stateless,
};
pub use state::{CxCoreRef, DefaultState, First, SessionRef, SessionState, StateKind, StatePart, first_state, no_state};
pub use stop::{Child, Decision, Ending, Ends, Stop, undecided};
pub use timed::{Deadline, Timed, timed};
pub use values::*;
pub(crate) use withdraw::GIVEN_UP;

use std::{
    any::Any,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::{
    db::{DbError, rows::StateWrite},
    desk::Desk,
    durable::Outbox,
    error::Fault,
    event::{Event, EventKind, EventName, Hub},
    journal::{Begun, Entry, Replay},
    media::Media,
    plan::{History, Plan},
    session::Session,
};

use self::path::{Mark, Path};

/// A body of a workflow, boxed at its border: there the `Send` check is cut, and a workflow may nest itself.
pub type Body<'a, T, O = T> = std::pin::Pin<Box<dyn Future<Output = Result<crate::shared::Shared<T>, Stop<O>>> + Send + 'a>>;

/// What makes a step take the long way.
mod watch {
    /// Somebody listens, or events are kept.
    pub(super) const LISTEN: u8 = 1;
    /// There are records of earlier legs.
    pub(super) const REPLAY: u8 = 2;
    /// Values go to the log (`.debug()`).
    pub(super) const DEBUG: u8 = 4;
    /// Somebody reads `tracing` spans.
    pub(super) const TRACE: u8 = 8;
    /// Entries are shown at once: another task may look at the run.
    pub(super) const SHOW: u8 = 16;
}

/// What is known of a run before it begins, and does not change.
#[derive(Clone, Debug)]
pub(crate) struct RunInfo {
    pub(crate) run_id: Arc<str>,
    pub(crate) session_id: Arc<str>,
    /// Whether the run got its session because it was given none.
    pub(crate) own_session: bool,
    pub(crate) user_id: Option<Arc<str>>,
    pub(crate) workflow: Arc<str>,
    pub(crate) workflow_id: Arc<str>,
    pub(crate) plan: &'static Plan,
    pub(crate) created_at: Timestamp,
    pub(crate) metadata: Value,
    pub(crate) additional_data: Value,
    pub(crate) media: Vec<Media>,
    pub(crate) extra: Option<Arc<dyn Any + Send + Sync>>,
    pub(crate) skip_events: Vec<EventName>,
    pub(crate) retry_on_conflict: u32,
    /// How much of the session's past prompts get, where no step or node says it.
    pub(crate) history: Option<History>,
    /// Whether a store keeps the run.
    pub(crate) is_stored: bool,
    #[cfg(feature = "testing")]
    pub(crate) testing: Arc<crate::testing::Testing>,
}

/// One leg of a run, while it is in flight.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) info: Arc<RunInfo>,
    pub(crate) desk: Desk,
    /// What a store is to keep of the run, if one does.
    pub(crate) outbox: Option<Arc<Outbox>>,
    pub(crate) session: Arc<Session>,
    pub(crate) scope: Arc<Scope>,
    pub(crate) replay: Replay,
    /// Made when the first synchronous work leaves the run's task.
    threads: OnceLock<TaskTracker>,
    watch: AtomicU8,
    sequence: AtomicU64,
    began: Instant,
    /// Nanoseconds of the legs before this one.
    before: u64,
    hub: OnceLock<Arc<Hub>>,
    inner: Mutex<RunInner>,
}

/// What the code of a leg hands over.
#[derive(Debug, Default)]
pub(crate) struct RunInner {
    pub(crate) journal: Vec<Entry>,
    /// The same as it comes, for those who look at the run while it runs; the journal has it in declared order.
    pub(crate) shown: Vec<Entry>,
    pub(crate) questions: Vec<OpenQuestion>,
    /// Nodes that have begun and not ended when the leg ended, innermost first.
    pub(crate) begun: Vec<Begun>,
    pub(crate) carried: Option<Box<Carried>>,
}

/// What legs hand on beside the journal. In a box where it is kept: few runs have any of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carried {
    /// Time that containers with a timeout have used.
    pub(crate) used: HashMap<String, Duration>,
    /// When sleeps end.
    pub(crate) wakes: HashMap<String, Timestamp>,
    pub(crate) attached: Vec<Media>,
    /// The names of a step's children in the order of their calls, by the step's path.
    pub(crate) calls: HashMap<String, Vec<&'static str>>,
    /// Attempts that failed in earlier runs of nodes that a crash has cut in another one.
    pub(crate) failed: HashMap<String, u32>,
    /// The questions about failures that nodes have now, by the node's path.
    pub(crate) asked: HashMap<String, Asked>,
}

impl RunInner {
    /// What the next leg gets, to be added to.
    pub(crate) fn carried(&mut self) -> &mut Carried {
        self.carried.get_or_insert_default()
    }
}

/// What a leg takes over from the one before.
#[derive(Debug, Default)]
pub(crate) struct Before {
    pub(crate) replay: Option<Replay>,
    pub(crate) sequence: u64,
    pub(crate) nanos: u64,
    pub(crate) carried: Option<Box<Carried>>,
    /// What is the same for legs that follow each other without a pause.
    pub(crate) scope: Arc<Scope>,
    pub(crate) hub: Option<Arc<Hub>>,
    pub(crate) outbox: Option<Arc<Outbox>>,
}

impl Run {
    pub(crate) fn new(info: Arc<RunInfo>, desk: Desk, session: Arc<Session>, before: Before, debug: bool) -> Arc<Self> {
        let Before { replay, sequence, nanos, carried, scope, hub, outbox } = before;
        let mut flags = 0;
        if replay.is_some() {
            flags |= watch::REPLAY;
        }
        if debug {
            flags |= watch::DEBUG;
        }
        if tracing::level_filters::LevelFilter::current() >= tracing::Level::INFO {
            flags |= watch::TRACE;
        }
        if hub.is_some() {
            flags |= watch::LISTEN;
        }
        Arc::new(Self {
            info,
            desk,
            outbox,
            session,
            scope,
            replay: replay.unwrap_or_default(),
            threads: OnceLock::new(),
            watch: AtomicU8::new(flags),
            sequence: AtomicU64::new(sequence),
            began: Instant::now(),
            before: nanos,
            hub: hub.map_or_else(OnceLock::new, OnceLock::from),
            inner: Mutex::new(RunInner { carried, ..RunInner::default() }),
        })
    }

    pub(crate) fn inner(&self) -> MutexGuard<'_, RunInner> {
        // Nothing that can panic runs under this lock but allocations.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps an eye on synchronous work that runs elsewhere.
    pub(crate) fn threads(&self) -> &TaskTracker {
        self.threads.get_or_init(TaskTracker::new)
    }

    /// Waits for synchronous work that a cancel or a timeout has left: it goes on to its end, and nothing of an awaited run is left running.
    pub(crate) async fn join_threads(&self) {
        if let Some(threads) = self.threads.get() {
            threads.close();
            threads.wait().await;
        }
    }

    /// Nanoseconds since the run began, its pauses left out.
    pub(crate) fn now(&self) -> u64 {
        self.before + u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn watched(&self, flag: u8) -> bool {
        self.watch.load(Ordering::Relaxed) & flag != 0
    }

    /// Whether nothing and nobody needs to know of a step but the journal.
    pub(crate) fn is_unwatched(&self) -> bool {
        self.watch.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn replays(&self) -> bool {
        self.watched(watch::REPLAY)
    }

    pub(crate) fn debugs(&self) -> bool {
        self.watched(watch::DEBUG)
    }

    pub(crate) fn traces(&self) -> bool {
        self.watched(watch::TRACE)
    }

    pub(crate) fn listens(&self) -> bool {
        self.watched(watch::LISTEN)
    }

    /// Whether entries are shown at once.
    pub(crate) fn shows(&self) -> bool {
        self.watched(watch::SHOW)
    }

    pub(crate) fn show(&self) {
        self.watch.fetch_or(watch::SHOW, Ordering::Relaxed);
    }

    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Relaxed)
    }

    /// The hub, from now on listened to.
    pub(crate) fn listen(&self) -> Arc<Hub> {
        let hub = Arc::clone(self.hub.get_or_init(Arc::default));
        self.watch.fetch_or(watch::LISTEN, Ordering::Relaxed);
        hub
    }

    pub(crate) fn hub(&self) -> Option<&Arc<Hub>> {
        self.hub.get()
    }

    /// Events from this number on are taken back: nobody has seen them.
    fn back_to(&self, sequence: u64) {
        self.sequence.store(sequence, Ordering::Relaxed);
    }

    /// Stores what waits.
    async fn store(&self, outbox: &Outbox) -> Result<(), Box<Fault>> {
        let Err(error) = outbox.flush(self.hub()).await else { return Ok(()) };
        let DbError::StateConflict { key, by, .. } = error else { return Err(Box::new(Fault::Db(error))) };
        let states = outbox.db.states(&self.info.session_id).await.map_err(|error| Box::new(Fault::Db(error)))?;
        Err(Box::new(Fault::Changed { by, now: states.into_iter().find(|state| state.key == key) }))
    }

    /// A step has changed a state.
    pub(crate) fn store_state(&self, key: &str, read: u64, value: Result<Value, serde_json::Error>) {
        let Some(outbox) = &self.outbox else { return };
        let (session_id, by) = (self.info.session_id.to_string(), self.info.run_id.to_string());
        match value {
            Ok(value) => outbox.put_state(StateWrite { session_id, key: key.to_owned(), read: Some(read), value, by }),
            Err(error) => outbox.refuse(&format!("the state {key}"), &error),
        }
    }

    /// Counts events that nobody hears of: the numbers of a run do not depend on who listens.
    pub(crate) fn count(&self, events: u64) {
        self.sequence.fetch_add(events, Ordering::Relaxed);
    }

    /// Says what happens at the node `name` in `parent`. The kind is made only if somebody listens. (Code of a body has [`CxCore::say`].)
    pub(crate) fn emit(&self, parent: &Path, name: &str, mark: Mark, kind: impl FnOnce() -> EventKind) {
        if self.listens() {
            self.deliver(parent.leaf(name, mark), kind());
        } else {
            self.count(1);
        }
    }

    /// Says what happens at a path that is spelled out. The kind is made only if somebody listens.
    pub(crate) fn deliver_or_count(&self, path: &str, kind: impl FnOnce() -> EventKind) {
        if self.listens() {
            self.deliver(path.to_owned(), kind());
        } else {
            self.count(1);
        }
    }

    /// Says what happens at a path that is spelled out.
    #[inline(never)]
    pub(crate) fn deliver(&self, path: String, kind: EventKind) {
        let Some(hub) = self.hub.get() else {
            self.count(1);
            return;
        };
        let keep = !self.info.skip_events.contains(&kind.name());
        let store = |event: &Arc<Event>| {
            if let Some(outbox) = &self.outbox {
                outbox.put_event(Arc::clone(event));
            }
        };
        hub.push(keep, || self.info.event(self.sequence.fetch_add(1, Ordering::Relaxed), path, kind), store);
    }
}

impl RunInfo {
    pub(crate) fn event(&self, sequence: u64, path: String, kind: EventKind) -> Event {
        Event {
            sequence,
            run_id: Arc::clone(&self.run_id),
            session_id: Arc::clone(&self.session_id),
            workflow: Arc::clone(&self.workflow),
            parent: path::parent_of(&path).map(str::to_owned),
            path,
            at: Timestamp::now(),
            kind,
        }
    }
}

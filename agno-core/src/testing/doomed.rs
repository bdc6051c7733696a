//! [`Doomed`]: a store whose process dies at one of its writes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Notify, watch};

use crate::{
    db::{
        Db, DbError, Store, Stored,
        rows::{Claim, Commit, MediaRow, Prune, Record, RunFilter, RunRow, SessionFilter, SessionRow, StateRow, StateWrite, Turn},
    },
    event::Event,
};

/// A store whose process dies at one of its writes: that one gives no answer, and whoever comes later is refused. For tests of what is left then.
///
/// Clones are the same store.
#[derive(Clone)]
pub struct Doomed(Arc<Inner>);

struct Inner {
    store: Arc<dyn Db>,
    /// At which write, and whether it is made before.
    death: Option<(usize, bool)>,
    on_death: Option<Box<dyn Fn() + Send + Sync>>,
    writes: AtomicUsize,
    is_dead: AtomicBool,
    is_away: AtomicBool,
    died: Notify,
}

impl fmt::Debug for Doomed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doomed").field("store", &self.0.store).field("death", &self.0.death).finish_non_exhaustive()
    }
}

impl Doomed {
    /// A store that lives on, and counts its writes.
    pub fn new(store: impl Into<Store>) -> Self {
        Self::of(store.into().0, None, None)
    }

    fn of(store: Arc<dyn Db>, death: Option<(usize, bool)>, on_death: Option<Box<dyn Fn() + Send + Sync>>) -> Self {
        let (writes, is_dead, is_away, died) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicBool::new(false), Notify::new());
        Self(Arc::new(Inner { store, death, on_death, writes, is_dead, is_away, died }))
    }

    /// The same, which dies at a write, counted from 0. `made`: the write is made, and nobody hears of it.
    #[must_use]
    pub fn at(self, write: usize, made: bool) -> Self {
        Self::of(Arc::clone(&self.0.store), Some((write, made)), None)
    }

    /// What happens when it dies, such as the end of the process. Without it nothing does, and [`Doomed::died`] returns.
    #[must_use]
    pub fn on_death(self, on_death: impl Fn() + Send + Sync + 'static) -> Self {
        Self::of(Arc::clone(&self.0.store), self.0.death, Some(Box::new(on_death)))
    }

    /// Whether it cannot be reached from now on, as a server that is started anew: who asks meanwhile is told
    /// [`Unavailable`](DbError::Unavailable), and nothing is lost.
    pub fn away(&self, is_away: bool) {
        self.0.is_away.store(is_away, Ordering::Relaxed);
    }

    /// How many writes there were.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.0.writes.load(Ordering::Relaxed)
    }

    /// Waits for the death.
    pub async fn died(&self) {
        let died = self.0.died.notified();
        if !self.0.is_dead.load(Ordering::Relaxed) {
            died.await;
        }
    }

    fn alive(&self) -> Result<(), DbError> {
        let unavailable = |reason: &str| Err(DbError::Unavailable { reason: reason.to_owned() });
        if self.0.is_dead.load(Ordering::Relaxed) {
            unavailable("the process is dead")
        } else if self.0.is_away.load(Ordering::Relaxed) {
            unavailable("the store is away")
        } else {
            Ok(())
        }
    }

    async fn die(&self) {
        self.0.is_dead.store(true, Ordering::Relaxed);
        if let Some(on_death) = &self.0.on_death {
            on_death();
        }
        self.0.died.notify_one();
        std::future::pending::<()>().await;
    }

    /// `write` is called only by the living: a store may do in the call what it is asked for.
    async fn write<'a, T>(&self, write: impl FnOnce() -> Stored<'a, T> + Send) -> Result<T, DbError> {
        self.alive()?;
        let number = self.0.writes.fetch_add(1, Ordering::Relaxed);
        let death = self.0.death.filter(|(write, _)| *write == number);
        if let Some((_, false)) = death {
            self.die().await;
        }
        let written = write().await;
        if death.is_some() {
            self.die().await;
        }
        written
    }

    async fn read<'a, T>(&self, read: impl FnOnce() -> Stored<'a, T> + Send) -> Result<T, DbError> {
        self.alive()?;
        read().await
    }
}

/// Hands a call on to the store inside.
macro_rules! hand_on {
    ($($how:ident $name:ident$(<$life:lifetime>)?($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        $(fn $name$(<$life>)?(&$($life)? self, $($arg: $type),*) -> hand_on!(@out $($life)?; $out) {
            Box::pin(async move { self.$how(|| self.0.store.$name($($arg),*)).await })
        })*
    };
    (@out $life:lifetime; $out:ty) => { Stored<$life, $out> };
    (@out; $out:ty) => { Stored<'_, $out> };
}

impl Db for Doomed {
    hand_on! {
        write commit(commit: Commit) -> ();
        write claim<'a>(run_id: &'a str, force: bool) -> Claim;
        write answer<'a>(run_id: &'a str, answer: Record) -> bool;
        write request_cancel<'a>(run_id: &'a str) -> ();
        write write_state(write: StateWrite) -> u64;
        write create_session(session: SessionRow) -> bool;
        write rename_session<'a>(session_id: &'a str, name: &'a str) -> bool;
        write delete_session<'a>(session_id: &'a str) -> bool;
        write delete_run<'a>(run_id: &'a str) -> bool;
        write prune(prune: Prune) -> u64;
        read run<'a>(run_id: &'a str) -> Option<RunRow>;
        read is_owned<'a>(run_id: &'a str) -> bool;
        read records<'a>(run_id: &'a str) -> Vec<Record>;
        read media<'a>(run_id: &'a str) -> Vec<MediaRow>;
        read events<'a>(run_id: &'a str, from: u64, limit: usize) -> Vec<Arc<Event>>;
        read to_cancel() -> Vec<String>;
        read runs(filter: RunFilter) -> Vec<RunRow>;
        read next_due<'a>(workflow_id: &'a str, user_id: Option<&'a str>, after: Timestamp) -> Option<Timestamp>;
        read questions(filter: RunFilter) -> Vec<(RunRow, Record)>;
        read session<'a>(session_id: &'a str) -> Option<SessionRow>;
        read sessions(filter: SessionFilter) -> Vec<SessionRow>;
        read states<'a>(session_id: &'a str) -> Vec<StateRow>;
        read history<'a>(session_id: &'a str, n: Option<usize>) -> Vec<Turn>;
        read definition<'a>(fingerprint: &'a str) -> Option<Arc<Value>>;
    }

    fn commit_detached(&self, commit: Commit) {
        // What a process leaves that lets go of a run in good order. This one dies. A store that is only away has let go when it is back.
        if !self.0.is_dead.load(Ordering::Relaxed) {
            self.0.store.commit_detached(commit);
        }
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.0.store.changes()
    }

    fn now(&self) -> Timestamp {
        self.0.store.now()
    }
}

//! [`Probe`]: what steps tell their test, and how the test holds them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use agno::prelude::JsonSchema;
use tokio::sync::watch;

/// Counts calls and what is alive, and has gates at which steps wait. Steps get it as the run's additional data, executors own it.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(with = "()")]
pub(crate) struct Probe(Arc<watch::Sender<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    calls: BTreeMap<String, u32>,
    alive: usize,
    open: BTreeSet<String>,
}

/// A call that has not ended, and was not dropped.
#[derive(Debug)]
pub(crate) struct Alive(Probe);

impl Probe {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::default()))
    }

    /// A call of `name` begins; it ends when the guard is dropped.
    pub(crate) fn enter(&self, name: &str) -> Alive {
        self.0.send_modify(|seen| {
            *seen.calls.entry(name.to_owned()).or_default() += 1;
            seen.alive += 1;
        });
        Alive(self.clone())
    }

    /// How often `name` was called.
    pub(crate) fn calls(&self, name: &str) -> u32 {
        self.0.borrow().calls.get(name).copied().unwrap_or_default()
    }

    /// Calls that have neither ended nor been dropped.
    pub(crate) fn alive(&self) -> usize {
        self.0.borrow().alive
    }

    /// Lets `name` through its gate, now and later.
    pub(crate) fn open(&self, name: &str) {
        self.0.send_modify(|seen| _ = seen.open.insert(name.to_owned()));
    }

    /// Waits for the gate of `name`.
    pub(crate) async fn gate(&self, name: &str) {
        let mut seen = self.0.subscribe();
        seen.wait_for(|seen| seen.open.contains(name)).await.expect("the probe lives");
    }

    /// A call of `name` that waits for its gate.
    pub(crate) async fn pass(&self, name: &str) {
        let _alive = self.enter(name);
        self.gate(name).await;
    }

    /// Waits until `name` has been called so often.
    pub(crate) async fn called(&self, name: &str, times: u32) {
        let mut seen = self.0.subscribe();
        let enough = seen.wait_for(|seen| seen.calls.get(name).is_some_and(|calls| *calls >= times));
        soon(enough).await.expect("the probe lives");
    }

    /// Runs until `name` has been called so often, and drops what ran.
    pub(crate) async fn cut(&self, name: &str, times: u32, run: impl IntoFuture) {
        tokio::select! {
            biased;
            _ = run.into_future() => panic!("the run ended before `{name}` was called {times} times"),
            () = self.called(name, times) => {}
        }
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.0.send_modify(|seen| seen.alive -= 1);
    }
}

/// Fails where the future never ends. Under paused time an idle program is at once a day older.
pub(crate) async fn soon<F: IntoFuture>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(24 * 60 * 60 * 30), future).await.expect("it hangs")
}

//! Every run of a test program checks its own events when a leg ends.
//!
//! Not a tool for users: it makes every run listen to itself.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::Timestamp;

use super::grammar::{self, Extent};
use crate::{Event, run::RunInfo, workflow::Status};

static OFF: AtomicBool = AtomicBool::new(false);

/// Switches the audit off, for a test of what a run does when nobody listens.
pub fn switch_off() {
    OFF.store(true, Ordering::Relaxed);
}

/// The events of runs whose rows are in a store, which keeps them only if it is told to.
static KEPT: Mutex<BTreeMap<Key, Vec<Arc<Event>>>> = Mutex::new(BTreeMap::new());

/// Tests use the same ids in several stores: when a run was made tells them apart.
type Key = (Arc<str>, Timestamp);

fn key(run: &RunInfo) -> Key {
    (Arc::clone(&run.run_id), run.created_at)
}

pub(crate) fn keep(run: &RunInfo, events: &[Arc<Event>]) {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(key(run), events.to_vec());
}

pub(crate) fn kept(run: &RunInfo) -> Option<Vec<Arc<Event>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).get(&key(run)).cloned()
}

/// What was heard of a run has other names now.
pub(crate) fn forget(run: &RunInfo) {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(run));
}

pub(crate) fn is_on() -> bool {
    !OFF.load(Ordering::Relaxed)
}

/// Checks the events of a run so far. A leg that was dropped ends without an event.
pub(crate) fn check(events: &[Arc<Event>], status: Status) {
    let extent = if status.is_terminal() { Extent::Whole } else { Extent::SoFar };
    if let Err(error) = grammar::check(events.iter().map(|event| &**event), extent) {
        let lines: Vec<_> = events.iter().map(|event| format!("  {:>4} {} {}", event.sequence, event.name(), event.path)).collect();
        panic!("the events of a run are no sentence of the grammar: {error}\n{}", lines.join("\n"));
    }
}

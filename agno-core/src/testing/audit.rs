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

use super::grammar::{self, Extent};
use crate::{Event, workflow::Status};

static OFF: AtomicBool = AtomicBool::new(false);

/// Switches the audit off, for a test of what a run does when nobody listens.
pub fn switch_off() {
    OFF.store(true, Ordering::Relaxed);
}

/// The events of runs whose rows are in a store, which keeps them only if it is told to.
static KEPT: Mutex<BTreeMap<String, Vec<Arc<Event>>>> = Mutex::new(BTreeMap::new());

pub(crate) fn keep(run_id: &str, events: &[Arc<Event>]) {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).insert(run_id.to_owned(), events.to_vec());
}

pub(crate) fn kept(run_id: &str) -> Option<Vec<Arc<Event>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).get(run_id).cloned()
}

/// What was heard of a run has other names now.
pub(crate) fn forget(run_id: &str) {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).remove(run_id);
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

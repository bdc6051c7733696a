//! What becomes of runs whose workflow has changed since they were recorded.
//!
//! A case is two modules with a workflow of the same id: a run waits under the one, and is taken on under the other, as by a new build of the program.

mod support;

#[path = "definition/adapts.rs"]
mod adapts;
#[path = "definition/check.rs"]
mod check;
#[path = "definition/containers.rs"]
mod containers;
#[path = "definition/continues.rs"]
mod continues;
#[path = "definition/lock.rs"]
mod lock;
#[path = "definition/nested.rs"]
mod nested;
#[path = "definition/refuses.rs"]
mod refuses;
#[path = "definition/types.rs"]
mod types;

use std::cell::RefCell;

use agno::{PausedRun, prelude::*};

thread_local! {
    /// The steps that have run in this test.
    static RAN: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

fn note(step: &'static str) {
    RAN.with_borrow_mut(|ran| ran.push(step));
}

/// The steps that have run since this was last asked.
fn ran() -> Vec<&'static str> {
    RAN.take()
}

#[step]
fn double(n: &u32) -> u32 {
    note("double");
    n * 2
}

#[step]
fn inc(n: &u32) -> u32 {
    note("inc");
    n + 1
}

#[step]
fn add(a: &u32, b: &u32) -> u32 {
    note("add");
    a + b
}

#[step]
fn is_big(n: &u32) -> bool {
    note("is_big");
    *n > 2
}

fn paused<T, I>(outcome: Result<Outcome<T, I>, RunError>) -> PausedRun {
    match outcome.expect("does not fail") {
        Outcome::Paused(paused) => paused,
        Outcome::Completed(_) => panic!("it completed"),
    }
}

/// Why a run cannot go on: where, and the reason.
#[track_caller]
fn refused<T>(result: Result<T, RunError>) -> (String, String) {
    match result {
        Err(RunError::DefinitionChanged { path, reason, run }) => {
            assert_eq!(run.status, Status::Paused, "what cannot go on stays as it is");
            (path, reason)
        }
        Err(error) => panic!("another error: {error}"),
        Ok(_) => panic!("it went on"),
    }
}

/// A run that waits under `$old`, its id, and the workflow `$new` over the same store: `changed!(old => new, 3)`.
macro_rules! changed {
    ($old:path => $new:path, $input:expr) => {{
        use $new as New;
        use $old as Old;
        let db = agno::InMemoryDb::new();
        let old = Old::builder().db(db.another_owner()).build();
        let waits = crate::paused(old.run($input).store_events(true).outcome().await);
        crate::ran();
        (waits.run_id().to_owned(), New::builder().db(db).build())
    }};
}
use changed;

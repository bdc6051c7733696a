//! How a step runs: in place, or on the pool; and that it stays a function.

use std::{
    sync::Mutex,
    thread::{self, ThreadId},
};

use agno::prelude::*;

use super::plus_ten;
use crate::{completed, told};

static SEEN: Mutex<Vec<(&str, ThreadId)>> = Mutex::new(Vec::new());

fn seen(who: &'static str) {
    SEEN.lock().expect("nobody panics").push((who, thread::current().id()));
}

#[step]
async fn asynchronous(n: &u32) -> u32 {
    tokio::task::yield_now().await;
    seen("asynchronous");
    n + 1
}

#[step]
fn synchronous(n: &u32) -> u32 {
    seen("synchronous");
    n + 10
}

#[step(blocking)]
fn blocking(n: &u32) -> u32 {
    seen("blocking");
    n + 100
}

workflow! { Ways(n: u32) -> u32 { asynchronous; synchronous; blocking; } }

#[step]
async fn plus_one(n: &u32) -> u32 {
    n + 1
}

#[tokio::test]
async fn functions_run_in_place_and_blocking_ones_on_the_pool() {
    let (lines, came) = told(Ways::new().run(1_u32)).await;
    assert_eq!(*completed(came).content, 112);
    let here = thread::current().id();
    let seen: Vec<_> = SEEN.lock().expect("nobody panics").iter().map(|(who, id)| (*who, *id == here)).collect();
    assert_eq!(seen, [("asynchronous", true), ("synchronous", true), ("blocking", false)]);
    assert_eq!(
        lines,
        [
            "WorkflowStarted",
            "StepStarted asynchronous",
            "StepOutput asynchronous",
            "StepCompleted asynchronous",
            "StepStarted synchronous",
            "StepOutput synchronous",
            "StepCompleted synchronous",
            "StepStarted blocking",
            "StepOutput blocking",
            "StepCompleted blocking",
            "WorkflowCompleted",
        ]
    );
}

#[tokio::test]
async fn the_function_stays_callable() {
    assert_eq!(plus_one(&1).await, 2);
    assert_eq!(plus_ten(&1), 11);
}

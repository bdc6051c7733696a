//! Values with a method `run`.

use std::{
    io,
    sync::{Arc, Mutex},
    thread::{self, ThreadId},
};

use agno::{Work, prelude::*};
use serde_json::json;

use super::{info, json};
use crate::support::paths;

struct Adder {
    by: u32,
}

/// Adds what it was made with.
#[step(retry = 1)]
impl Adder {
    async fn run(&self, n: &u32, ctx: &StepContext) -> Result<u32, io::Error> {
        if ctx.attempt() == 1 {
            return Err(io::Error::other("not yet"));
        }
        tokio::task::yield_now().await;
        Ok(n + self.by)
    }
}

struct Doubler;

#[step]
impl Doubler {
    fn run(&self, n: u32) -> u32 {
        n * 2
    }
}

struct Waiter {
    on: Mutex<Option<ThreadId>>,
}

#[step(blocking, name = "the_waiter", label = "Waits")]
impl Waiter {
    fn run(&self, n: &u32) -> u32 {
        *self.on.lock().expect("nobody panics") = Some(thread::current().id());
        n + 1
    }
}

workflow! {
    Executors(n: u32) -> u32 {
        use adder: Adder;
        use doubler: Doubler;
        use waiter: Waiter;
        adder;
        doubler;
        waiter;
        adder as again;
    }
}

#[tokio::test(start_paused = true)]
async fn executors_are_given_as_values_or_shared() {
    let (adder, waiter) = (Arc::new(Adder { by: 5 }), Arc::new(Waiter { on: Mutex::default() }));
    let workflow = Executors::builder().adder(Arc::clone(&adder)).doubler(Doubler).waiter(Arc::clone(&waiter)).build();
    let run = workflow.run(1_u32).await.expect("runs");
    assert_eq!(*run.content, (1 + 5) * 2 + 1 + 5);
    assert_eq!(paths(&run.steps), ["adder", "doubler", "waiter", "again"]);
    let executors: Vec<_> = run.steps.iter().map(|step| (step.executor(), step.attempts())).collect();
    assert_eq!(executors, [("adder", 2), ("doubler", 1), ("the_waiter", 1), ("adder", 2)]);
    let on = waiter.on.lock().expect("nobody panics").expect("it ran");
    assert_ne!(on, thread::current().id());
    // The same value serves another workflow, and a `T` is as good as an `Arc<T>`.
    let other = Executors::builder().waiter(waiter).adder(adder).doubler(Arc::new(Doubler)).build();
    assert_eq!(*other.run(2_u32).await.expect("runs").content, 20);
}

#[test]
fn executors_describe_themselves() {
    assert_eq!((Adder::NAME, Doubler::NAME, Waiter::NAME), ("adder", "doubler", "the_waiter"));
    assert_eq!(Adder::description(), Some("Adds what it was made with."));
    assert_eq!(Doubler::description(), None);
    let schema = json(&Adder::input_schema());
    assert_eq!(schema["required"], json!(["n"]));
    assert_eq!(json(&Waiter::output_schema())["type"], "integer");
    let info = info::<Waiter>();
    assert_eq!((info.work, info.label), (Work::Blocking, Some("Waits")));
}

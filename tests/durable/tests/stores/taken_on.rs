//! Runs that another owner takes on, or makes another run of: what was said of them, their history, their definition.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use agno::{
    DefinitionVerdict, EventName,
    db::Store,
    prelude::*,
    testing::grammar::{self, Extent},
};
use futures_util::StreamExt as _;
use serde_json::json;

use crate::support::{Place, on_each_store, soon};

on_each_store! { with memory:
    a_failed_run_is_taken_on_with_what_was_said_of_it
    runs_made_of_others_begin_their_own_events
    history_is_read_from_the_store
    what_runs_have_recorded_is_held_against_the_definition
}

/// How often it was asked, and whether it has what is wanted.
#[derive(Debug, Default)]
struct Stock {
    asked: AtomicU32,
    full: AtomicBool,
}

#[step]
impl Stock {
    async fn run(&self, n: &u32) -> Result<u32, std::io::Error> {
        self.asked.fetch_add(1, Relaxed);
        if self.full.load(Relaxed) { Ok(n + 1) } else { Err(std::io::Error::other("there is none")) }
    }
}

#[derive(Debug, Default)]
struct Doubling(AtomicU32);

#[step]
impl Doubling {
    fn run(&self, n: &u32) -> u32 {
        self.0.fetch_add(1, Relaxed);
        n * 2
    }
}

#[step]
fn ship(n: &u32, ctx: &StepContext) -> agno::Result<String> {
    Ok(format!("{n} to {}", ctx.additional_data::<String>()?))
}

workflow! {
    Ordering(n: u32) -> String with (store_events) {
        use doubling: Doubling;
        use stock: Stock;

        doubling;
        stock;
        ask sure: bool = "Sure?";
        ship(stock);
    }
}

fn ordering(store: Store, stock: &Arc<Stock>, doubling: &Arc<Doubling>) -> Ordering {
    Ordering::builder().doubling(Arc::clone(doubling)).stock(Arc::clone(stock)).db(store).build()
}

/// All events of a run, which are a sentence of the grammar.
async fn events(workflow: &Ordering, run_id: &str) -> Vec<EventName> {
    let events: Vec<_> = soon(workflow.events(run_id, 0).await.expect("they are kept").collect::<Vec<_>>()).await;
    grammar::check(events.iter().map(|event| &**event), Extent::Whole).unwrap_or_else(|error| panic!("{error}"));
    assert!(events.iter().map(|event| event.sequence).eq(0..events.len() as u64), "none is missing");
    events.iter().map(|event| event.name()).collect()
}

/// A run that failed once, was taken on by another owner, and completed under a third one.
async fn completed(place: &Place, run_id: &str, doubling: &Arc<Doubling>) -> RunOutput<String, u32> {
    let stock = Arc::<Stock>::default();
    let first = ordering(place.open().await, &stock, doubling);
    let run = first.run(3_u32).run_id(run_id).metadata(json!({ "by": "Ann" })).additional_data("Bob");
    let error = soon(run.into_future()).await.expect_err("there is none");
    assert_eq!(error.status(), Some(Status::Failed));
    drop(first);

    stock.full.store(true, Relaxed);
    let second = ordering(place.open().await, &stock, doubling);
    let Outcome::Paused(paused) = soon(second.resume(run_id).outcome()).await.expect("there is some now") else { panic!("it asks") };
    assert_eq!(paused.questions()[0].path, "sure");
    drop(second);

    let third = ordering(place.open().await, &stock, doubling);
    let run = soon(third.answer(run_id, "sure", true).into_future()).await.expect("it completes");
    assert_eq!(stock.asked.load(Relaxed), 2);
    run
}

async fn a_failed_run_is_taken_on_with_what_was_said_of_it(place: Place) {
    let doubling = Arc::<Doubling>::default();
    let run = completed(&place, "r", &doubling).await;
    assert_eq!((&**run.content, &run.metadata), ("7 to Bob", &json!({ "by": "Ann" })));
    assert_eq!(doubling.0.load(Relaxed), 1, "what is recorded does not run again");
    assert_eq!((run.metrics.steps, run.metrics.attempts), (4, 4), "{:?}", run.steps);

    let elsewhere = ordering(place.open().await, &Arc::default(), &doubling);
    let stored = elsewhere.get_run("r").await.expect("it answers").expect("it is there");
    assert_eq!((&stored.metadata, &stored.metrics, stored.content), (&run.metadata, &run.metrics, Some(json!("7 to Bob"))));
    let names = events(&elsewhere, "r").await;
    let continued = names.iter().filter(|name| **name == EventName::WorkflowContinued).count();
    assert_eq!(continued, 2, "{names:?}");
}

async fn runs_made_of_others_begin_their_own_events(place: Place) {
    let (stock, doubling) = (Arc::<Stock>::default(), Arc::<Doubling>::default());
    completed(&place, "r", &doubling).await;
    stock.full.store(true, Relaxed);
    let workflow = ordering(place.open().await, &stock, &doubling);
    let before = events(&workflow, "r").await;

    let Outcome::Paused(_) = soon(workflow.retry_from("r", "stock").run_id("again").outcome()).await.expect("it runs") else {
        panic!("it asks")
    };
    let again = soon(workflow.answer("again", "sure", true).into_future()).await.expect("it completes");
    assert_eq!((&**again.content, &again.metadata), ("7 to Bob", &json!({ "by": "Ann" })));
    assert_eq!((doubling.0.load(Relaxed), stock.asked.load(Relaxed)), (1, 1), "what stands before it is reused");

    let other = soon(workflow.fork("r", "doubling", |n: u32| n * 10).run_id("other").outcome()).await.expect("it runs");
    assert!(matches!(other, Outcome::Paused(_)), "{other:?}");
    assert_eq!(*soon(workflow.answer("other", "sure", true).into_future()).await.expect("it completes").content, "61 to Bob");

    for run_id in ["again", "other"] {
        let names = events(&workflow, run_id).await;
        assert_eq!(names.first(), Some(&EventName::WorkflowStarted), "{run_id}");
    }
    assert_eq!(events(&workflow, "r").await, before, "nothing of the other changes");
}

#[step]
async fn remember(word: &str, ctx: &StepContext) -> agno::Result<String> {
    let past = ctx.history::<Diary>(2).await?;
    let past: Vec<_> = past.iter().map(|(input, _)| input.as_str()).collect();
    Ok(format!("{word} after [{}], {} lines", past.join(" "), ctx.history_text(9).await?.lines().count()))
}

workflow! { Diary(word: String) -> String { remember; } }

async fn history_is_read_from_the_store(place: Place) {
    let mut last = String::new();
    for word in ["a", "b", "c", "d"] {
        // Each by an owner of its own.
        let diary = Diary::builder().db(place.open().await).build();
        last = String::clone(&soon(diary.run(word).session("s").into_future()).await.expect("it completes").content);
    }
    assert_eq!(last, "d after [b c], 13 lines");
}

#[step]
fn increment(n: &u32) -> u32 {
    n + 1
}

mod yesterday {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> bool with (id = "flow") { increment; Late; ask sure: bool = "Sure?"; } }
}

mod renamed {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> bool with (id = "flow") { #[was("increment")] increment as more; Late; ask sure: bool = "Sure?"; } }
}

mod removed {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> bool with (id = "flow") { Late; ask sure: bool = "Sure?"; } }
}

/// Where a run is cut that is dropped: it waits for nobody.
#[step]
async fn rest(n: &u32) -> u32 {
    tokio::time::sleep(Duration::from_secs(1)).await;
    *n
}

workflow! { Late(n: u32) -> u32 { rest; } }

async fn what_runs_have_recorded_is_held_against_the_definition(place: Place) {
    let first = yesterday::Flow::builder().db(place.open().await).build();
    _ = soon(first.run(1_u32).run_id("paused").outcome()).await.expect("it asks");
    // Another one is cut when its first step is recorded.
    tokio::select! {
        biased;
        _ = first.run(1_u32).run_id("cut").outcome() => panic!("it rests"),
        () = recorded(&place, "cut") => {}
    }
    drop(first);

    let removed = removed::Flow::builder().db(place.open().await).build();
    for run_id in ["paused", "cut"] {
        let refused = soon(removed.resume(run_id).outcome()).await.expect_err("it has recorded what is gone");
        assert!(matches!(&refused, RunError::DefinitionChanged { path, .. } if path == "increment"), "{refused:?}");
    }
    assert!(soon(removed.recover()).await.expect("it answers").is_empty(), "it is left as it is");
    let checks = removed.check_definition().await.expect("it answers");
    assert!(checks.len() == 2 && checks.iter().all(|check| matches!(check.verdict, DefinitionVerdict::Refused { .. })), "{checks:?}");
    drop(removed);

    let renamed = renamed::Flow::builder().db(place.open().await).build();
    assert!(renamed.check_definition().await.expect("it answers").iter().all(|check| check.verdict.goes_on()));
    for handle in soon(renamed.recover()).await.expect("it answers") {
        assert!(matches!(soon(handle.wait()).await, Err(RunError::Paused(_))), "it asks");
    }
    for run_id in ["paused", "cut"] {
        let run = soon(renamed.answer(run_id, "sure", true).into_future()).await.expect("it completes");
        assert!(*run.content && run.steps.iter().any(|step| step.path() == "more"), "{:?}", run.steps);
    }
}

/// Waits until the first step of a run is in the store.
async fn recorded(place: &Place, run_id: &str) {
    let db = place.open_db().await;
    soon(async {
        while !db.records(run_id).await.expect("it answers").iter().any(|record| record.path == "increment") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

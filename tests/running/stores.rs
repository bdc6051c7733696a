//! What holds with a store and without one: whose a question is, what is written with a run, what is deleted, what is not overwritten.

use std::time::Duration;

use agno::{
    Db as _, DbError, EventName,
    db::rows::{Prune, RunFilter},
    prelude::*,
    testing::Doomed,
};
use futures_util::{StreamExt as _, future};
use serde_json::{Value, json};

use crate::probe::{Probe, soon};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Cart {
    items: Vec<String>,
}

fn cart(item: &str) -> Cart {
    Cart { items: vec![item.to_owned()] }
}

#[step]
async fn add(text: &str, cart: &mut Cart, #[extra] probe: &Probe) -> usize {
    probe.pass("add").await;
    cart.items.push(text.to_owned());
    cart.items.len()
}

workflow! { Adding(text: String) -> usize { state cart: Cart; extra probe: Probe; add; } }

workflow! { Strict(text: String) -> usize with (retry_on_conflict = 0) { state cart: Cart; extra probe: Probe; add; } }

workflow! { Asking(text: String) -> bool { ask sure: bool = "Sure?"; } }

workflow! { AskingToo(text: String) -> bool { ask sure: bool = "Sure?"; } }

/// A step that is held, and somebody who writes the state of its session meanwhile.
async fn written_meanwhile(wf: &Adding, state: Value) -> Result<usize, RunError> {
    let probe = Probe::new();
    let run = wf.run("a").session("s").extra(probe.clone());
    let program = async {
        probe.called("add", 1).await;
        wf.sessions().update_state::<Value>("s", |_| state.clone()).await.expect("is written");
        probe.open("add");
    };
    let (run, ()) = soon(future::join(run.into_future(), program)).await;
    run.map(|out| *out.content)
}

#[tokio::test(start_paused = true)]
async fn a_state_of_another_type_is_not_overwritten() {
    let wf = Adding::new();
    assert_eq!(written_meanwhile(&wf, json!({ "items": ["b"] })).await.expect("completes"), 2, "it ran again, on what is there");
    assert_eq!(wf.sessions().state_json("s").await.expect("it answers"), Some(json!({ "items": ["b", "a"] })));

    let wf = Adding::new();
    let error = written_meanwhile(&wf, json!(7)).await.expect_err("no cart is there");
    assert!(matches!(&error, RunError::Conflict { .. }), "{error}");
    assert_eq!(wf.sessions().state_json("s").await.expect("it answers"), Some(json!(7)), "it stays");
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_not_changed() {
    let db = InMemoryDb::new();
    for wf in [Adding::new(), Adding::builder().db(db).build()] {
        let sessions = wf.sessions();
        assert!(sessions.create("s").await.expect("is new"));
        sessions.update_state::<Value>("s", |old| old.unwrap_or(json!(7))).await.expect("is written");
        let error = sessions.update_state::<Cart>("s", |old| old.unwrap_or_default()).await.expect_err("is no cart");
        assert!(error.to_string().contains("`s`") && error.to_string().contains("invalid type"), "{error}");
        let error = sessions.state::<Cart>("s").await.expect_err("is no cart");
        assert!(error.to_string().contains("the state of session `s` is no `"), "{error}");
        assert_eq!(sessions.state_json("s").await.expect("it answers"), Some(json!(7)));
    }
}

#[tokio::test]
async fn a_run_that_replaces_the_state_works_on_it() {
    let probe = Probe::new();
    probe.open("add");
    for wf in [Strict::new(), Strict::builder().db(InMemoryDb::new()).build()] {
        wf.run("a").session("s").extra(probe.clone()).await.expect("completes");
        wf.run("b").session("s").extra(probe.clone()).await.expect("completes");
        let out = wf.run("c").session("s").state(cart("x")).extra(probe.clone()).await.expect("completes");
        assert_eq!(out.state, Some(json!({ "items": ["x", "c"] })));
        let out = wf.run("d").state(cart("y")).extra(probe.clone()).await.expect("completes");
        assert_eq!(out.state, Some(json!({ "items": ["y", "d"] })));
    }
}

#[tokio::test(start_paused = true)]
async fn a_state_is_replaced_with_its_run_or_not_at_all() {
    let probe = Probe::new();
    probe.open("add");
    let mut replaced = Vec::new();
    for (write, made) in [(0, false), (0, true), (1, false), (1, true), (2, false)] {
        let db = InMemoryDb::new();
        Adding::builder().db(db.clone()).build().run("a").session("s").extra(probe.clone()).await.expect("completes");
        let doomed = Doomed::new(db.clone()).at(write, made);
        let wf = Adding::builder().db(doomed.clone()).build();
        let run = wf.run("b").run_id("b").session("s").state(cart("x")).extra(probe.clone());
        tokio::select! {
            _ = run.into_future() => {}
            () = doomed.died() => {}
        }
        let states = db.states("s").await.expect("they are read");
        let is_replaced = states[0].value != json!({ "items": ["a"] });
        assert_eq!(is_replaced, db.run("b").await.expect("it answers").is_some(), "write {write}, made: {made}");
        replaced.push(is_replaced);
    }
    assert_eq!(replaced, [false, true, true, true, true], "it is the first write that has both");
}

#[tokio::test]
async fn an_answer_through_another_workflow_is_not_written() {
    let db = InMemoryDb::new();
    let (wf, other) = (Asking::builder().db(db.clone()).build(), AskingToo::builder().db(db.clone()).build());
    _ = wf.run("x").run_id("r").outcome().await.expect("waits");
    let before = db.records("r").await.expect("they are read");
    let error = other.answer("r", "sure", true).await.expect_err("is another workflow's");
    assert!(matches!(&error, RunError::Conflict { .. }), "{error}");
    assert_eq!(db.records("r").await.expect("they are read"), before);
    assert!(!*wf.answer("r", "sure", false).await.expect("completes").content);
}

#[tokio::test(start_paused = true)]
async fn what_runs_is_not_deleted() {
    for wf in [Adding::new(), Adding::builder().db(InMemoryDb::new()).build()] {
        let probe = Probe::new();
        let handle = wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("begins");
        probe.called("add", 1).await;
        let error = wf.sessions().delete_run("r").await.expect_err("it runs");
        assert!(error.to_string().contains("cancel it before"), "{error}");
        assert!(wf.get_run("r").await.expect("it answers").is_some());
        wf.cancel("r").await.expect("is cancelled");
        drop(handle);
        let sessions = wf.sessions();
        assert!(sessions.delete_run("r").await.expect("is done") && !sessions.delete_run("r").await.expect("is gone"));
    }
}

#[tokio::test]
async fn pruning_goes_by_the_last_change_and_spares_the_newest() {
    for wf in [Asking::new(), Asking::builder().db(InMemoryDb::new()).build()] {
        let sessions = wf.sessions();
        let left = async || {
            let runs = sessions.runs_page(RunFilter::default()).await.expect("they are read");
            runs.into_iter().map(|run| run.run_id.to_string()).collect::<Vec<_>>()
        };
        for run_id in ["a", "b", "c", "waits"] {
            _ = wf.run("x").run_id(run_id).outcome().await.expect("waits");
        }
        wf.answer("a", "sure", true).await.expect("completes");
        let then = InMemoryDb::new().now();
        for run_id in ["b", "c"] {
            wf.answer(run_id, "sure", true).await.expect("completes");
        }
        let old = Prune { before: Some(then), ..Prune::default() };
        assert_eq!(sessions.prune(Prune { keep: Some(3), ..old.clone() }).await.expect("is done"), 0, "it is among the newest");
        assert_eq!(sessions.prune(old).await.expect("is done"), 1);
        assert_eq!(left().await, ["b", "c", "waits"], "they began before, and ended after");
        let both = Prune { before: Some(then), keep: Some(1), ..Prune::default() };
        assert_eq!(sessions.prune(both).await.expect("is done"), 0, "none is old enough");
        assert_eq!(sessions.prune(Prune { keep: Some(1), ..Prune::default() }).await.expect("is done"), 1);
        assert_eq!(left().await, ["c", "waits"]);
        assert_eq!(sessions.prune(Prune::default()).await.expect("is done"), 1);
        assert_eq!(left().await, ["waits"]);
    }
}

#[tokio::test(start_paused = true)]
async fn events_go_on_when_the_store_answers_again() {
    let (db, probe) = (Doomed::new(InMemoryDb::new()), Probe::new());
    let wf = Adding::builder().db(db.clone()).build();
    let _handle = wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("begins");
    probe.called("add", 1).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    let mut events = wf.events("r", 0).await.expect("they are kept");
    let mut seen = vec![soon(events.next()).await.expect("has begun").name()];
    db.away(true);
    while let Ok(event) = tokio::time::timeout(Duration::from_secs(60), events.next()).await {
        seen.push(event.expect("the run has not ended").name());
    }
    db.away(false);
    probe.open("add");
    seen.extend(soon(events.map(|event| event.name()).collect::<Vec<_>>()).await);
    assert_eq!((seen[0], seen.last()), (EventName::WorkflowStarted, Some(&EventName::WorkflowCompleted)));
    assert!(seen.contains(&EventName::StepCompleted), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handle_says_that_the_store_failed() {
    let (db, probe) = (Doomed::new(InMemoryDb::new()), Probe::new());
    let wf = Adding::builder().db(db.clone()).build();
    let handle = wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("begins");
    probe.called("add", 1).await;
    db.away(true);
    probe.open("add");
    soon(handle.wait()).await.expect_err("the store is away");
    db.away(false);
    let error = soon(handle.wait()).await.expect_err("it was not stored");
    let RunError::Db { error: DbError::Unavailable { .. }, run: Some(run) } = &error else { panic!("{error}") };
    assert_eq!((&*run.run_id, run.status), ("r", Status::Running));
    assert_eq!(*wf.resume("r").extra(probe).await.expect("completes").content, 1);
    assert_eq!(*handle.wait().await.expect("somebody has taken it on").content, 1);
}

#[step]
async fn add_by_attempt(text: &str, cart: &mut Cart, ctx: &StepContext, #[extra] probe: &Probe) -> usize {
    probe.pass(&format!("attempt {}", ctx.attempt())).await;
    cart.items.push(text.to_owned());
    cart.items.len()
}

workflow! { ByAttempt(text: String) -> usize { state cart: Cart; extra probe: Probe; add_by_attempt; } }

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_after_a_conflict_goes_on_in_the_same_step() {
    let (db, probe) = (InMemoryDb::new(), Probe::new());
    let wf = ByAttempt::builder().db(db.another_owner()).store_events(true).build();
    let overtaken = async {
        probe.called("attempt 1", 1).await;
        wf.sessions().update_state::<Cart>("s", |_| cart("b")).await.expect("is written");
        probe.open("attempt 1");
        probe.called("attempt 2", 1).await;
    };
    tokio::select! {
        _ = wf.run("a").session("s").run_id("r").extra(probe.clone()).into_future() => panic!("it waits"),
        () = overtaken => {}
    }
    probe.open("attempt 2");
    let later = ByAttempt::builder().db(db).build();
    let run = soon(later.resume("r").extra(probe)).await.expect("completes");
    assert_eq!(run.state, Some(json!({ "items": ["b", "a"] })));
    let names: Vec<_> = run.events.iter().flatten().map(|event| event.name()).collect();
    assert_eq!(names.iter().filter(|name| **name == EventName::StepStarted).count(), 1, "{names:?}");
}

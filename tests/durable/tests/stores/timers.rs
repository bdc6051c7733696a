//! Deadlines and sleeps that outlast the store that wrote them down.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use agno::{
    DbError, Sessions,
    db::{
        Store,
        rows::{Claim, Commit, Record, RecordKind, RunFilter},
    },
    prelude::*,
};
use agno_durable::effects::did;

use crate::support::{Place, on_each_store, soon, times};

on_each_store! { with memory:
    recover_applies_what_was_due_while_nobody_had_the_store
    serve_timers_applies_what_was_due_and_what_becomes_due
    whoever_turns_to_a_run_applies_what_was_due
    a_sleep_that_was_cut_goes_on_with_its_rest
}

#[step]
fn tell(at_once: &bool, later: &bool) -> String {
    format!("{at_once} {later}")
}

workflow! {
    Doubts(text: String) -> String {
        parallel sure {
            ask at_once: bool = "Sure?" with (timeout = "400ms", default = false);
            ask later: bool = "And tomorrow?" with (timeout = "24h", default = false);
        }
        tell(sure.at_once, sure.later);
    }
}

fn doubts(store: Store) -> Doubts {
    Doubts::builder().db(store).build()
}

/// Waits by the clock.
async fn passes(at: impl Into<SystemTime>) {
    let at = at.into();
    while let Ok(left) = at.duration_since(SystemTime::now()) {
        tokio::time::sleep(left.max(Duration::from_millis(1))).await;
    }
}

/// A run that waits for both answers, in a store that is closed again; when this returns, the time of one is over.
async fn overdue(place: &Place, run_id: &str) {
    let workflow = doubts(place.open().await);
    let Ok(Outcome::Paused(paused)) = workflow.run("a").run_id(run_id).outcome().await else { panic!("it asks") };
    drop(workflow);
    let deadline = paused.questions().iter().filter_map(|question| question.deadline).min();
    passes(deadline.expect("both have one")).await;
}

/// The questions that are stored, without a workflow that would apply their deadlines.
async fn open_questions(place: &Place) -> Vec<(String, String)> {
    let open = Sessions::of(place.open().await).questions(RunFilter::default()).await.expect("it answers");
    open.into_iter().map(|open| (open.run_id, open.question.path)).collect()
}

/// The other question was not due, and its answer counts.
async fn goes_on(workflow: &Doubts, run_id: &str) {
    let out = soon(workflow.answer(run_id, "later", true)).await.expect("it goes on");
    assert_eq!(*out.content, "false true");
}

async fn recover_applies_what_was_due_while_nobody_had_the_store(place: Place) {
    overdue(&place, "a").await;
    assert_eq!(open_questions(&place).await.len(), 2, "nobody has looked");
    let workflow = doubts(place.open().await);
    let recovered = soon(workflow.recover()).await.expect("it answers");
    let [run] = &recovered[..] else { panic!("{recovered:?}") };
    let waits = soon(run.wait()).await;
    assert!(matches!(waits, Err(RunError::Paused(_))), "{waits:?}");
    assert_eq!(open_questions(&place).await, [("a".to_owned(), "sure/later".to_owned())]);
    assert!(soon(workflow.recover()).await.expect("it answers").is_empty(), "nothing more is due");
    goes_on(&workflow, "a").await;
}

async fn serve_timers_applies_what_was_due_and_what_becomes_due(place: Place) {
    overdue(&place, "a").await;
    let workflow = doubts(place.open().await);
    let later = |run_id: &str| (run_id.to_owned(), "sure/later".to_owned());
    let until = async |wanted: &[(String, String)]| {
        while open_questions(&place).await != wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let served = async {
        until(&[later("a")]).await;
        // Another owner's, who does not serve.
        let elsewhere = doubts(place.open().await);
        let begun = elsewhere.run("b").run_id("b").outcome().await;
        assert!(matches!(begun, Ok(Outcome::Paused(_))), "{begun:?}");
        until(&[later("a"), later("b")]).await;
    };
    tokio::select! {
        ended = workflow.serve_timers() => panic!("it ends: {ended:?}"),
        () = soon(served) => {}
    }
    goes_on(&workflow, "a").await;
    goes_on(&workflow, "b").await;
}

async fn whoever_turns_to_a_run_applies_what_was_due(place: Place) {
    for run_id in ["resumed", "read", "answered"] {
        overdue(&place, run_id).await;
        let workflow = doubts(place.open().await);
        match run_id {
            "resumed" => {
                let Ok(Outcome::Paused(paused)) = soon(workflow.resume(run_id).outcome()).await else { panic!("it asks") };
                assert_eq!(paused.questions().iter().map(|question| &*question.path).collect::<Vec<_>>(), ["sure/later"]);
            }
            "read" => {
                let stored = soon(workflow.get_run(run_id)).await.expect("it answers").expect("it is there");
                assert_eq!(stored.questions.iter().map(|question| &*question.path).collect::<Vec<_>>(), ["sure/later"]);
            }
            _ => {
                let late = soon(workflow.answer(run_id, "at_once", true)).await;
                assert!(matches!(&late, Err(RunError::UnknownQuestion { open, .. }) if open.len() == 1), "{late:?}");
            }
        }
        goes_on(&workflow, run_id).await;
    }
}

#[step]
fn lie_down(text: &str, ctx: &StepContext) -> String {
    did(ctx);
    text.to_owned()
}

#[step]
fn get_up(text: &str, ctx: &StepContext) -> String {
    did(ctx);
    text.to_uppercase()
}

workflow! {
    Naps(text: String) -> String {
        lie_down;
        sleep "1h";
        get_up(lie_down);
    }
}

fn naps(db: &Arc<dyn Db>) -> Naps {
    Naps::builder().db(Arc::clone(db)).build()
}

/// When a run wakes, as it has been written down.
async fn wake(db: &dyn Db, run_id: &str) -> Option<Record> {
    let records = db.records(run_id).await.expect("it answers");
    records.into_iter().find(|record| record.kind == RecordKind::Wake)
}

/// Looks again and again.
async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    soon(async {
        loop {
            if let Some(seen) = look().await {
                break seen;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

/// A claim of a run that was dropped, as soon as it is let go.
async fn claimed(db: &dyn Db, run_id: &str) -> u64 {
    until(async || match db.claim(run_id, false).await.expect("it answers") {
        Claim::Yours { fence } => Some(fence),
        _ => None,
    })
    .await
}

async fn a_sleep_that_was_cut_goes_on_with_its_rest(place: Place) {
    let run_id = &*place.id("a");
    let db = place.open_db().await;
    let first = tokio::select! {
        ended = naps(&db).run("a").run_id(run_id).outcome() => panic!("it sleeps: {ended:?}"),
        wake = until(async || wake(&*db, run_id).await) => wake,
    };
    drop(db);

    // It sleeps on, in another store.
    let db = place.open_db().await;
    let workflow = naps(&db);
    let slept = tokio::time::timeout(Duration::from_millis(500), workflow.resume(run_id).outcome()).await;
    assert!(slept.is_err(), "an hour is not over: {slept:?}");
    drop((workflow, db));
    let db = place.open_db().await;
    let fence = claimed(&*db, run_id).await;
    assert_eq!(wake(&*db, run_id).await.as_ref(), Some(&first), "it wakes when it would have");

    // The hour passes, as far as the record says: the next leg has no rest to sleep.
    let passed = Record { about: serde_json::json!({ "at": "2020-01-01T00:00:00Z" }), ..first.clone() };
    let keys = |record: &Record| record.about.as_object().map(|about| about.keys().cloned().collect::<Vec<_>>());
    assert_eq!(keys(&passed), keys(&first));
    db.commit(Commit { records: vec![passed], release: true, ..Commit::new(Arc::from(run_id), fence) }).await.expect("it is stored");
    let out = soon(naps(&place.open_db().await).resume(run_id)).await.expect("it wakes");
    assert_eq!(*out.content, "A");
    assert_eq!(place.effects(run_id), times([("get_up", 1), ("lie_down", 1)]));
    let stale = db.commit(Commit { release: true, ..Commit::new(Arc::from(run_id), fence) }).await;
    assert!(matches!(stale, Err(DbError::LeaseLost { .. })), "{stale:?}");
}

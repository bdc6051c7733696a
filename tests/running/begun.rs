//! What is said of a run that has begun already, and of runs that are made of it.

use agno::{Db as _, db::rows::RunFilter, prelude::*};
use serde_json::json;

use crate::probe::soon;

#[step]
fn length(text: &str) -> usize {
    text.len()
}

workflow! { Measure(text: String) -> bool { length; ask enough: bool = "Is it long enough?"; } }

workflow! { Others(text: String) -> usize { length; } }

fn misuse<T: std::fmt::Debug>(came: Result<T, RunError>) -> String {
    match came.expect_err("it is refused") {
        RunError::Misuse { reason } => reason,
        other => panic!("{other}"),
    }
}

fn conflict<T: std::fmt::Debug>(came: Result<T, RunError>) -> String {
    match came.expect_err("it is a conflict") {
        RunError::Conflict { reason, .. } => reason,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_run_keeps_what_it_was_begun_with() {
    for wf in [Measure::new(), Measure::builder().db(InMemoryDb::new()).build()] {
        _ = wf.run("abc").run_id("r").session("s").metadata(json!({ "by": "Ann" })).outcome().await.expect("it asks");
        let refused = [
            ("session", misuse(wf.resume("r").session("t").await)),
            ("run_id", misuse(wf.resume("r").run_id("x").await)),
            ("metadata", misuse(wf.answer("r", "enough", true).metadata(1).await)),
            ("additional_data", misuse(wf.answer("r", "enough", true).additional_data(1).await)),
            ("media", misuse(wf.resume("r").image("https://example.org/a.png").await)),
            ("store_events", misuse(wf.resume("r").store_events(true).await)),
        ];
        for (option, reason) in refused {
            assert!(reason.starts_with(&format!("`.{option}(…)` is for a run that begins; run `r` has begun")), "{reason}");
        }
        let run = wf.answer("r", "enough", true).await.expect("nothing has been answered yet");
        assert_eq!((&*run.session_id, &run.metadata), ("s", &json!({ "by": "Ann" })));
    }
}

#[tokio::test]
async fn an_id_means_one_run() {
    let db = InMemoryDb::new();
    let (wf, others) = (Measure::builder().db(db.clone()).build(), Others::builder().db(db).build());
    _ = wf.run("abc").run_id("r").session("s").outcome().await.expect("it asks");
    let again = wf.run("abc").run_id("r").session("s").outcome().await.expect("it is the same run");
    assert!(matches!(again, Outcome::Paused(_)), "{again:?}");
    let reason = conflict(wf.run("abc").run_id("r").session("t").await);
    assert!(reason.contains("in session `s`; choose another id"), "{reason}");
    let reason = conflict(wf.run("abcd").run_id("r").session("s").await);
    assert!(reason.contains("with another input"), "{reason}");
    for input in ["abc", "abcd"] {
        let reason = conflict(others.run(input).run_id("r").await);
        assert!(reason.contains("of the workflow `measure`; choose another id"), "{reason}");
    }
}

#[tokio::test]
async fn a_run_that_is_made_of_another_may_have_a_name() {
    let db = InMemoryDb::new();
    let wf = Measure::builder().db(db.clone()).build();
    _ = wf.run("abc").run_id("r").outcome().await.expect("it asks");
    let Outcome::Paused(paused) = wf.retry_from("r", "length").run_id("second").outcome().await.expect("it runs") else {
        panic!("it asks")
    };
    assert_eq!(paused.run_id(), "second");
    let reason = misuse(wf.retry_from("r", "length").session("t").await);
    assert!(reason.contains("`.session(…)` is for a run that begins"), "{reason}");
    let error = wf.retry_from("r", "length").run_id("second").await.expect_err("is taken");
    assert!(error.to_string().contains("there is a run `second`; choose another id"), "{error}");
}

#[tokio::test]
async fn what_a_fork_gives_has_to_fit() {
    let db = InMemoryDb::new();
    let wf = Measure::builder().db(db.clone()).build();
    _ = wf.run("abc").run_id("r").outcome().await.expect("it asks");
    let reason = misuse(wf.fork("r", "length", |_: serde_json::Value| json!("long")).await);
    assert!(
        reason.contains("`length` of run `r` cannot be changed so") && reason.contains("\"long\" is not of type \"integer\""),
        "{reason}"
    );
    soon(wf.answer("r", "enough", true)).await.expect("it completes");
    let reason = misuse(wf.fork("r", "enough", |_: serde_json::Value| json!(null)).await);
    assert!(reason.contains("null is not of type \"boolean\""), "{reason}");
    assert_eq!(db.runs(RunFilter::default()).await.expect("they are listed").len(), 1, "nothing is left of it");
}

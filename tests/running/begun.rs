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

#[step]
fn tool(text: &str, #[extra] suffix: &String) -> String {
    format!("{text}{suffix}")
}

workflow! {
    Suffixed(text: String) -> String {
        extra suffix: String;
        tool;
        steps more { tool as again; ask sure: bool = "Sure?" with (timeout = "1h"); map |_| again.clone(); }
        tool as last;
    }
}

fn suffixed(db: &InMemoryDb) -> Suffixed {
    Suffixed::builder().db(db.another_owner()).build()
}

#[tokio::test(start_paused = true)]
async fn what_is_said_and_not_stored_has_to_be_said_again_before_anything_is_written() {
    let db = InMemoryDb::new();
    _ = suffixed(&db).run("a").run_id("r").extra("b".to_owned()).outcome().await.expect("it asks");
    let before = db.records("r").await.expect("they are read");
    let reason = misuse(suffixed(&db).answer("r", "sure", true).await);
    assert!(reason.contains("give it again with `.extra(…)`"), "{reason}");
    assert_eq!(db.records("r").await.expect("they are read"), before, "the question is open");
    let reason = misuse(suffixed(&db).retry_from("r", "tool").await);
    assert!(reason.contains("give it again with `.extra(…)`"), "{reason}");
    assert_eq!(db.runs(RunFilter::default()).await.expect("they are listed").len(), 1, "no run is made that cannot begin");
    let run = suffixed(&db).answer("r", "sure", true).extra("b".to_owned()).await.expect("it completes");
    assert_eq!(*run.content, "abbb");
    let reason = misuse(suffixed(&db).fork("r", "more", |_: serde_json::Value| json!("x")).extra("b".to_owned()).await);
    assert!(reason.contains("`more` is made of other nodes"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_an_answer_sees_what_time_has_decided() {
    let db = InMemoryDb::new();
    _ = suffixed(&db).run("a").run_id("r").extra("b".to_owned()).outcome().await.expect("it asks");
    tokio::time::sleep(std::time::Duration::from_secs(7_200)).await;
    let streamed = suffixed(&db).answer("r", "sure", true).extra("b".to_owned()).stream();
    let events: Vec<_> = futures_util::StreamExt::collect(streamed).await;
    assert!(matches!(&events[..], [Err(error)] if error.to_string().contains("it is failed")), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_another_owner_has_said_it_already() {
    let (db, probe) = (InMemoryDb::new(), crate::probe::Probe::new());
    let slow = Slow::builder().db(db.another_owner()).build();
    let other = Slow::builder().db(db.another_owner()).build();
    let mut first = Box::pin(slow.run("a").run_id("r").extra(probe.clone()).into_future());
    tokio::select! {
        _ = &mut first => panic!("it waits"),
        () = probe.called("slow", 1) => {}
    }
    let waits = other.resume("r").extra(probe.clone()).background().await.expect("it waits");
    let waited = soon(futures_util::future::join(waits.wait(), async {
        tokio::task::yield_now().await;
        probe.open("slow");
        drop(first);
    }));
    assert_eq!(*waited.await.0.expect("it goes on").content, 1);
}

#[step]
async fn slow(text: &str, #[extra] probe: &crate::probe::Probe) -> usize {
    probe.pass("slow").await;
    text.len()
}

workflow! { Slow(text: String) -> usize { extra probe: crate::probe::Probe; slow; } }

#[step(effect = once)]
async fn pays(text: &str, #[extra] probe: &crate::probe::Probe) -> usize {
    probe.pass("pays").await;
    text.len()
}

workflow! {
    Beside(text: String) -> usize {
        extra probe: crate::probe::Probe;
        parallel both { pays; slow; }
        map |pays, slow| pays + slow;
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_beside_a_node_is_not_after_it() {
    for store_events in [false, true] {
        let (db, probe) = (InMemoryDb::new(), crate::probe::Probe::new());
        let wf = Beside::builder().db(db).store_events(store_events).build();
        let run = wf.run("abc").run_id("r").extra(probe.clone());
        let pays_last = async {
            probe.open("slow");
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            probe.open("pays");
        };
        soon(futures_util::future::join(run.into_future(), pays_last)).await.0.expect("it completes");
        let again = wf.retry_from("r", "both/slow").run_id("again").extra(probe.clone()).await.expect("nobody is asked");
        assert_eq!((*again.content, probe.calls("pays"), probe.calls("slow")), (6, 1, 2));
        let names = again.events.map(|events| events.iter().map(|event| event.name()).collect::<Vec<_>>());
        assert_eq!(names.as_ref().and_then(|names| names.first()), store_events.then_some(&agno::EventName::WorkflowStarted));
    }
}

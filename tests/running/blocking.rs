//! Programs that are not async.

use agno::prelude::*;

use crate::{probe::Probe, support::lines};

#[step]
async fn first(text: &str) -> String {
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    format!("{text} 1")
}

#[step]
async fn waits(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("waits").await;
    format!("{text} 2")
}

workflow! { Work(text: String) -> String { extra probe: Probe; first; waits; } }

workflow! { Asking(text: String) -> String { first; ask sure: bool = "Sure?"; first(first) as again; } }

fn open() -> Probe {
    let probe = Probe::new();
    probe.open("waits");
    probe
}

#[test]
fn a_run_blocks() {
    let wf = Work::new();
    assert_eq!(*wf.run("a").extra(open()).blocking().expect("completes").content, "a 1 2");
    let error = wf.run_json(1).extra(open()).blocking().expect_err("is no text");
    assert!(matches!(error, RunError::InvalidInput(_)));
}

#[test]
fn a_pause_is_an_error_and_is_answered() {
    let wf = Asking::new();
    let error = wf.run("a").run_id("r").blocking().expect_err("asks");
    assert!(matches!(error, RunError::Paused(_)), "{error}");
    assert_eq!(*wf.answer("r", "sure", true).blocking().expect("completes").content, "a 1 1");
}

#[test]
fn a_stream_is_an_iterator() {
    let mut stream = Work::new().run("a").extra(open()).blocking_stream();
    let seen: Vec<Event> = stream.by_ref().map(|event| event.expect("begins")).collect();
    assert_eq!(
        lines(&seen),
        [
            "WorkflowStarted",
            "StepStarted first",
            "StepOutput first",
            "StepCompleted first",
            "StepStarted waits",
            "StepOutput waits",
            "StepCompleted waits",
            "WorkflowCompleted"
        ]
    );
    assert!(matches!(stream.outcome(), Some(Ok(Outcome::Completed(_)))));
}

#[test]
fn a_dropped_iterator_leaves_the_run_resumable() {
    let (wf, probe) = (Work::new(), Probe::new());
    let mut stream = wf.run("a").run_id("r").extra(probe.clone()).blocking_stream();
    let seen = stream.by_ref().map(|event| event.expect("begins")).find(|event| event.path == "waits").expect("comes");
    assert_eq!(&*seen.run_id, "r");
    drop(stream);
    assert_eq!(probe.alive(), 0);
    probe.open("waits");
    assert_eq!(*wf.resume("r").blocking().expect("completes").content, "a 1 2");
    assert_eq!(probe.calls("waits"), 2);
}

#[tokio::test]
async fn inside_of_a_runtime_it_is_a_typed_error() {
    let wf = Work::new();
    let error = wf.run("a").extra(open()).blocking().expect_err("would block the runtime");
    assert!(matches!(&error, RunError::Misuse { .. }), "{error}");
    assert!(error.to_string().contains("await the run instead"), "{error}");
    let mut stream = wf.run("a").extra(open()).blocking_stream();
    let error = stream.next().expect("is told").expect_err("would block the runtime");
    assert!(matches!(error.as_run(), Some(RunError::Misuse { .. })), "{error}");
    assert!(stream.next().is_none());
    assert!(
        futures_util::FutureExt::now_or_never(wf.sessions().list()).expect("memory waits for nobody").expect("it answers").is_empty(),
        "nothing has begun"
    );
}

#[test]
fn what_a_step_asks_of_the_runtime_is_there() {
    #[step]
    async fn uses(text: &str) -> String {
        let text = text.to_owned();
        tokio::task::spawn_blocking(move || text.len().to_string()).await.expect("does not panic")
    }
    workflow! { Uses(text: String) -> String { uses; } }
    assert_eq!(*Uses::new().run("abc").blocking().expect("completes").content, "3");
}

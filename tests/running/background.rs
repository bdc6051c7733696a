//! Runs in the background, and reading their events from any number on.

use agno::{prelude::*, testing::grammar};
use futures_util::{FutureExt as _, StreamExt as _, future::join_all};

use crate::{
    probe::{Probe, soon},
    support::{lines, paths},
};

#[step]
async fn first(text: &str) -> String {
    format!("{text} 1")
}

#[step]
async fn gated(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("gated").await;
    format!("{text} 2")
}

#[step]
async fn last(text: &str) -> Result<String, std::io::Error> {
    if text.starts_with("bad") { Err(std::io::Error::other("is bad")) } else { Ok(text.to_owned()) }
}

workflow! {
    Work(text: String) -> String {
        extra probe: Probe;
        first;
        gated;
        last;
    }
}

const ALL: [&str; 11] = [
    "WorkflowStarted",
    "StepStarted first",
    "StepOutput first",
    "StepCompleted first",
    "StepStarted gated",
    "StepOutput gated",
    "StepCompleted gated",
    "StepStarted last",
    "StepOutput last",
    "StepCompleted last",
    "WorkflowCompleted",
];

async fn read(handle: &RunHandle<Work>, from: u64) -> Vec<Event> {
    soon(handle.events(from).await.expect("are kept").map(|event| (*event).clone()).collect()).await
}

#[tokio::test(start_paused = true)]
async fn a_handle_looks_on_and_waits() {
    let (wf, probe) = (Work::new(), Probe::new());
    let handle = wf.run("a").run_id("r").session("s").extra(probe.clone()).background().await.expect("begins");
    assert_eq!(handle.id(), "r");
    probe.called("gated", 1).await;
    assert_eq!(handle.status().await.expect("is there"), Status::Running);
    assert!(handle.wait().now_or_never().is_none());
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!((stored.status, paths(&stored.steps)), (Status::Running, vec!["first".to_owned()]), "results are seen as they come");

    probe.open("gated");
    let out = soon(handle.wait()).await.expect("completes");
    assert_eq!(*out.content, "a 1 2");
    assert_eq!(handle.status().await.expect("is there"), Status::Completed);
    assert_eq!(*soon(handle.clone().wait()).await.expect("completes").content, "a 1 2");
    assert_eq!(out.events.as_ref().map(Vec::len), Some(11), "in the background events are kept");
    assert_eq!(probe.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn events_come_without_gap_or_duplicate_to_every_reader() {
    let (wf, probe) = (Work::new(), Probe::new());
    let handle = wf.run("a").extra(probe.clone()).background().await.expect("begins");
    probe.called("gated", 1).await;
    let readers = join_all([0, 0, 3, 5, 9].map(|from| read(&handle, from)));
    let opened = async {
        tokio::task::yield_now().await;
        probe.open("gated");
    };
    let (read_live, ()) = soon(futures_util::future::join(readers, opened)).await;
    for (events, from) in read_live.iter().zip([0, 0, 3, 5, 9_usize]) {
        assert_eq!(lines(events), ALL[from..]);
        assert!(events.iter().map(|event| event.sequence).eq(from as u64..11));
    }
    grammar::check(&read_live[0], grammar::Extent::Whole).expect("is a sentence");
    // The same after the end, and from beyond it nothing.
    assert_eq!(lines(&read(&handle, 0).await), ALL);
    assert_eq!(lines(&read(&handle, 10).await), ALL[10..]);
    assert!(read(&handle, 11).await.is_empty());
    assert_eq!(
        lines(&soon(wf.events(handle.id(), 4).await.expect("are kept").map(|event| (*event).clone()).collect::<Vec<_>>()).await),
        ALL[4..]
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_events_are_not_kept_can_be_watched_while_it_runs() {
    let (wf, probe) = (Work::new(), Probe::new());
    let handle = wf.run("a").extra(probe.clone()).store_events(false).background().await.expect("begins");
    probe.called("gated", 1).await;
    let events = handle.events(0).await.expect("it runs");
    probe.open("gated");
    let seen: Vec<_> = soon(events.map(|event| (*event).clone()).collect()).await;
    assert_eq!(lines(&seen), ALL[5..], "from when somebody looked");
    assert_eq!(seen[0].sequence, 5);
    let out = soon(handle.wait()).await.expect("completes");
    assert!(out.events.is_none(), "that somebody looked on keeps nothing");
    let error = handle.events(0).await.expect_err("are gone");
    assert!(matches!(&error, agno::Error::EventsNotStored { run_id } if run_id == handle.id()), "{error}");
    assert!(error.to_string().contains("store_events"), "{error}");
    assert!(matches!(wf.events("nowhere", 0).await, Err(agno::Error::Run(RunError::NotFound { .. }))));
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_changes_nothing() {
    let (wf, probe) = (Work::new(), Probe::new());
    drop(wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("begins"));
    probe.called("gated", 1).await;
    probe.open("gated");
    let out = soon(wf.resume("r")).await.expect("waits for it");
    assert_eq!((&**out.content, probe.calls("gated")), ("a 1 2", 1));
}

#[tokio::test(start_paused = true)]
async fn waiting_gives_what_awaiting_would() {
    let (wf, probe) = (Work::new(), Probe::new());
    probe.open("gated");
    let handle = wf.run("bad").extra(probe.clone()).background().await.expect("begins");
    let error = soon(handle.wait()).await.expect_err("fails");
    assert!(matches!(&error, RunError::Failed { path, .. } if path == "last"), "{error}");
    assert_eq!(handle.status().await.expect("is there"), Status::Failed);

    let error = wf.run_json(7).extra(probe).background().await.expect_err("cannot begin");
    assert!(matches!(error, RunError::InvalidInput(_)));
}

workflow! {
    Asking(text: String) -> String {
        first;
        ask sure: bool = "Sure?";
        last(first);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_in_the_background_is_waited_for_and_answered() {
    let wf = Asking::new();
    let handle = wf.run("a").background().await.expect("begins");
    let error = soon(handle.wait()).await.expect_err("nobody answers");
    assert!(matches!(&error, RunError::Paused(paused) if paused.questions()[0].path == "sure"), "{error}");
    let again = wf.answer(handle.id(), "sure", true).background().await.expect("goes on");
    assert_eq!(*soon(again.wait()).await.expect("completes").content, "a 1");
    assert_eq!(*soon(handle.wait()).await.expect("is the same run").content, "a 1");
    let events: Vec<_> = soon(handle.events(0).await.expect("are kept").map(|event| (*event).clone()).collect()).await;
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
    assert_eq!(lines(&events)[4..7], ["StepPaused sure", "WorkflowPaused", "WorkflowContinued"]);
}

#[tokio::test(start_paused = true)]
async fn a_background_run_of_an_id_that_runs_is_that_run() {
    let (wf, probe) = (Work::new(), Probe::new());
    let one = wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("begins");
    let two = wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("is there");
    let error = wf.run("b").run_id("r").extra(probe.clone()).background().await.expect_err("is another input");
    assert!(matches!(error, RunError::Conflict { .. }), "{error}");
    probe.open("gated");
    let (one, two) = soon(futures_util::future::join(one.wait(), two.wait())).await;
    assert_eq!((one.expect("completes").content, probe.calls("gated")), (two.expect("completes").content, 1));
}

#[tokio::test(start_paused = true)]
async fn a_handle_cancels() {
    let (wf, probe) = (Work::new(), Probe::new());
    let handle = wf.run("a").extra(probe.clone()).background().await.expect("begins");
    probe.called("gated", 1).await;
    soon(handle.cancel()).await.expect("is cancelled");
    assert_eq!(probe.alive(), 0, "nothing is left running when it returns");
    assert_eq!(handle.status().await.expect("is there"), Status::Cancelled);
    let error = soon(handle.wait()).await.expect_err("is cancelled");
    assert!(matches!(error, RunError::Cancelled { .. }));
    assert_eq!(lines(&read(&handle, 4).await), ["StepStarted gated", "StepCancelled gated", "WorkflowCancelled"]);
    soon(handle.cancel()).await.expect("it is cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_run_is_not_found() {
    let (wf, probe) = (Work::new(), Probe::new());
    let handle = wf.run("a").session("s").extra(probe.clone()).background().await.expect("begins");
    probe.called("gated", 1).await;
    let events = handle.events(0).await.expect("are kept");
    assert!(wf.sessions().delete("s").await.expect("it answers"));
    assert!(matches!(handle.status().await, Err(RunError::NotFound { .. })));
    assert!(matches!(soon(handle.wait()).await, Err(RunError::NotFound { .. })));
    let seen: Vec<_> = soon(events.map(|event| event.name().as_str()).collect()).await;
    assert_eq!(seen.last(), Some(&"WorkflowCancelled"));
    assert_eq!(probe.alive(), 0);
}

//! Runs in every state, taken on by one or by several.

use std::time::Duration;

use agno::{StepOutcome, prelude::*, testing::grammar};
use serde_json::json;

use super::{Asking, Branches, Inner, Sleepy, first, other, second, waits};
use crate::{
    probe::{Probe, soon},
    support::{lines, paths},
};

#[step(retry = 1, backoff = "1s")]
async fn fails(text: &str, #[extra] probe: &Probe) -> Result<String, std::io::Error> {
    let _alive = probe.enter("fails");
    if probe.calls("fails") < 4 { Err(std::io::Error::other("not yet")) } else { Ok(format!("{text}x")) }
}

workflow! {
    Failing(text: String) -> String {
        extra probe: Probe;
        first;
        steps group { second; fails; }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_runs_the_failed_node_with_fresh_attempts() {
    let (wf, probe) = (Failing::new(), Probe::new());
    let error = soon(wf.run("a").run_id("r").store_events(true).extra(probe.clone())).await.expect_err("fails");
    let RunError::Failed { path, attempts, .. } = &error else { panic!("{error}") };
    assert_eq!((path.as_str(), *attempts), ("group/fails", 2));
    assert_eq!(error.partial().expect("there is a run").steps.at("group/fails").expect("is there").attempts(), 2);
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!((&**out.content, probe.calls("first"), probe.calls("second"), probe.calls("fails")), ("a12x", 1, 1, 4));
    let result = out.steps.at("group/fails").expect("is there");
    assert_eq!((result.attempts(), result.outcome()), (2, StepOutcome::Completed));
    assert_eq!(paths(&out.steps), ["first", "group/second", "group/fails", "group"], "the failure is superseded");
    let events: Vec<Event> = out.events.iter().flatten().map(|event| (**event).clone()).collect();
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
}

#[tokio::test(start_paused = true)]
async fn a_completed_run_gives_its_output() {
    let (wf, probe) = (Branches::new(), Probe::new());
    probe.open("waits");
    probe.open("other");
    let out = soon(wf.run("a").run_id("r").extra(probe.clone())).await.expect("completes");
    let again = wf.resume("r").await.expect("has completed");
    assert_eq!((&again.content, again.created_at, again.steps.len()), (&out.content, out.created_at, out.steps.len()));
    assert_eq!(probe.calls("waits"), 1);
    assert!(matches!(wf.resume("nowhere").await, Err(RunError::NotFound { run_id }) if run_id == "nowhere"));
}

#[tokio::test(start_paused = true)]
async fn an_id_with_equal_input_is_resumed_and_with_another_one_is_a_conflict() {
    let (wf, probe) = (Branches::new(), Probe::new());
    probe.cut("waits", 1, wf.run("a").run_id("r").extra(probe.clone())).await;
    let error = wf.run("b").run_id("r").extra(probe.clone()).await.expect_err("is another input");
    let RunError::Conflict { run, .. } = &error else { panic!("{error}") };
    assert_eq!((&*run.run_id, run.status), ("r", Status::Running));
    assert!(error.to_string().contains("another input") && error.to_string().contains("`resume`"), "{error}");
    probe.open("waits");
    probe.open("other");
    let out = soon(wf.run_json("a").run_id("r").extra(Probe::new())).await.expect("completes");
    assert_eq!((probe.calls("first"), probe.calls("second")), (2, 1));
    let again = wf.run("a").run_id("r").extra(Probe::new()).await.expect("has completed");
    assert_eq!(again.content, out.content);
}

#[tokio::test(start_paused = true)]
async fn two_who_resume_share_one_leg() {
    let (wf, probe) = (Branches::new(), Probe::new());
    probe.cut("waits", 1, wf.run("a").run_id("r").extra(probe.clone())).await;
    probe.open("waits");
    probe.open("other");
    let both = futures_util::future::join(wf.resume("r").into_future(), wf.resume("r").into_future());
    let (one, two) = soon(both).await;
    assert_eq!(one.expect("completes").content, two.expect("completes").content);
    assert_eq!(probe.calls("waits"), 2);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_leg_takes_the_run_on_when_it_is_dropped() {
    let (wf, probe) = (Branches::new(), Probe::new());
    let one = probe.cut("waits", 1, wf.run("a").run_id("r").extra(probe.clone()));
    let two = async {
        probe.called("first", 1).await;
        let resumed = wf.resume("r").into_future();
        let opened = async {
            probe.called("waits", 2).await;
            probe.open("waits");
            probe.open("other");
        };
        futures_util::future::join(resumed, opened).await.0
    };
    let ((), two) = soon(futures_util::future::join(one, two)).await;
    assert_eq!(*two.expect("completes").content, "a12 a11a1wa1o");
}

#[tokio::test(start_paused = true)]
async fn recover_takes_on_what_nobody_runs() {
    let (wf, probe) = (Asking::new(), Probe::new());
    for run_id in ["a", "b"] {
        probe.cut("waits", if run_id == "a" { 1 } else { 2 }, wf.run(run_id).run_id(run_id).extra(probe.clone())).await;
    }
    probe.open("waits");
    _ = soon(wf.run("c").run_id("c").extra(probe.clone()).outcome()).await.expect("waits for its answer");
    let mut handles = wf.recover().await.expect("recovers");
    handles.sort_by(|a, b| a.id().cmp(b.id()));
    assert_eq!(handles.iter().map(RunHandle::id).collect::<Vec<_>>(), ["a", "b"]);
    for handle in handles {
        assert!(matches!(soon(handle.wait()).await, Err(RunError::Paused(_))));
    }
    assert!(wf.recover().await.expect("recovers").is_empty());
}

workflow! {
    Other(text: String) -> String { extra probe: Probe; waits; }
}

#[tokio::test(start_paused = true)]
async fn the_run_of_another_workflow_is_a_conflict() {
    let db = InMemoryDb::new();
    let (one, two) = (Branches::builder().db(db.clone()).build(), Other::builder().db(db).build());
    let probe = Probe::new();
    probe.cut("waits", 1, one.run("a").run_id("r").extra(probe.clone())).await;
    let error = two.resume("r").await.expect_err("is another workflow's");
    assert!(error.to_string().contains("`branches`, not of `other`"), "{error}");
    assert!(two.recover().await.expect("recovers").is_empty());
}

#[step]
async fn too_slow(text: &str, #[extra] probe: &Probe) -> String {
    let _alive = probe.enter("too slow");
    tokio::time::sleep(Duration::from_secs(3600)).await;
    format!("{text}s")
}

#[step]
async fn bad(_text: &str, #[extra] probe: &Probe) -> Result<String, std::io::Error> {
    let _alive = probe.enter("bad");
    tokio::task::yield_now().await;
    Err(std::io::Error::other("is bad"))
}

workflow! {
    Tolerant(text: String) -> String {
        extra probe: Probe;
        steps limited (timeout = "1m", on_error = skip) { first; too_slow; }
        steps failing (on_error = skip) { parallel both { too_slow; bad; } map as joined |a, b| format!("{a}{b}"); }
        parallel gathered (on_error = collect) { bad; second; steps question { ask sure: bool = "Sure?"; } }
        map as end |a, b, c| format!("{} {} {}", a.is_err(), b.as_deref().unwrap_or("-"), c.clone().unwrap_or(false));
    }
}

#[tokio::test(start_paused = true)]
async fn what_failed_and_was_tolerated_is_done() {
    let (wf, probe) = (Tolerant::new(), Probe::new());
    let paused = soon(wf.run("a").run_id("r").store_events(true).extra(probe.clone()).outcome()).await.expect("waits");
    let Outcome::Paused(paused) = paused else { panic!("asks") };
    assert_eq!((probe.calls("too slow"), probe.calls("bad")), (2, 2));
    let began = tokio::time::Instant::now();
    let out = soon(wf.answer(paused.run_id(), "sure", true)).await.expect("completes");
    assert_eq!(*out.content, "true a2 true");
    assert_eq!(
        (probe.calls("first"), probe.calls("second"), probe.calls("too slow"), probe.calls("bad")),
        (1, 1, 2, 2),
        "nothing runs again"
    );
    assert!(began.elapsed() < Duration::from_secs(1), "and nothing is waited for again");
    let events: Vec<Event> = out.events.iter().flatten().map(|event| (**event).clone()).collect();
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
    let continued = events.iter().position(|event| matches!(event.kind, EventKind::WorkflowContinued {})).expect("is there");
    assert_eq!(
        lines(&events)[continued..],
        [
            "WorkflowContinued",
            "StepContinued gathered/question/sure",
            "StepsExecutionCompleted gathered/question",
            "ParallelExecutionCompleted gathered",
            "StepStarted end",
            "StepCompleted end",
            "WorkflowCompleted",
        ]
    );
    assert!(matches!(out.steps.at("limited").expect("is there").outcome(), StepOutcome::Skipped(reason) if reason.contains("timeout")));
    assert!(matches!(out.steps.at("gathered/bad").expect("is there").outcome(), StepOutcome::Failed(_)));
}

#[step]
async fn breaks(text: &str, #[extra] probe: &Probe) -> ControlFlow<String, String> {
    let _alive = probe.enter("breaks");
    ControlFlow::Break(format!("{text}b"))
}

workflow! {
    Early(text: String) -> String {
        extra probe: Probe;
        parallel both { too_slow; breaks; }
        map |a, b| format!("{a}{b}");
    }
}

workflow! {
    AroundEarly(text: String) -> String {
        extra probe: Probe;
        Early;
        ask sure: bool = "Sure?";
        map |sure| format!("{sure} {early}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_broke_off_is_done() {
    let (wf, probe) = (AroundEarly::new(), Probe::new());
    _ = soon(wf.run("a").run_id("r").store_events(true).extra(probe.clone()).outcome()).await.expect("waits");
    let out = soon(wf.answer("r", "sure", true)).await.expect("completes");
    assert_eq!((&**out.content, probe.calls("too slow"), probe.calls("breaks")), ("true ab", 1, 1));
    let events: Vec<Event> = out.events.iter().flatten().map(|event| (**event).clone()).collect();
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
}

workflow! {
    NestedLimit(text: String) -> String {
        extra probe: Probe;
        Inner with (timeout = "1h", on_error = skip);
        other;
    }
}

#[tokio::test(start_paused = true)]
async fn a_nested_workflow_has_a_timeout() {
    let (wf, probe) = (NestedLimit::new(), Probe::new());
    probe.open("other");
    let began = tokio::time::Instant::now();
    let out = soon(wf.run("a").extra(probe.clone())).await.expect("completes");
    assert_eq!((&**out.content, began.elapsed().as_secs()), ("ao", 3600));
    assert_eq!(probe.alive(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_all_legs_counts_and_the_pauses_do_not() {
    let (wf, probe) = (Sleepy::new(), Probe::new());
    let run = wf.run("a").run_id("r").extra(probe.clone());
    assert!(tokio::time::timeout(Duration::from_secs(240), run.into_future()).await.is_err());
    tokio::time::advance(Duration::from_secs(24 * 3600)).await;
    let out = soon(wf.resume("r")).await.expect("completes");
    assert!((240..300).contains(&out.metrics.duration.as_secs()), "{:?}", out.metrics.duration);
    assert_eq!(out.steps.at("first").expect("is there").content().expect("writes"), Some(json!("a1")));
}

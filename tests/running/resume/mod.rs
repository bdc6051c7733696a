//! Taking runs on: what is recorded does not run again, what is not does, and nothing is told twice.

mod once;
mod states;

use std::time::Duration;

use agno::{prelude::*, testing::grammar};

use crate::{
    probe::{Probe, soon},
    support::{lines, paths},
};

#[step]
async fn first(text: &str, #[extra] probe: &Probe) -> String {
    let _alive = probe.enter("first");
    format!("{text}1")
}

#[step]
async fn second(text: &str, #[extra] probe: &Probe) -> String {
    let _alive = probe.enter("second");
    format!("{text}2")
}

#[step]
async fn waits(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("waits").await;
    format!("{text}w")
}

#[step]
async fn other(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("other").await;
    format!("{text}o")
}

#[step]
fn list(text: &str) -> Vec<String> {
    (0..3).map(|n| format!("{text}{n}")).collect()
}

/// Cuts a run while `name` runs, opens all gates, resumes, and checks the events of both legs as one sentence.
async fn resumed<W>(wf: W, probe: &Probe, name: &str, times: u32) -> (RunOutput<W::Output, String>, Vec<String>)
where
    W: Workflow<Input = String, Extra = agno::__private::Extra<Probe>>,
    W::Output: std::fmt::Debug,
{
    probe.cut(name, times, wf.run("a").run_id("r").store_events(true).extra(probe.clone())).await;
    assert_eq!(probe.alive(), 0, "nothing is left running");
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!(stored.status, Status::Running);
    let error = wf.run("b").run_id("r").extra(probe.clone()).await.expect_err("is another input");
    assert!(matches!(error, RunError::Conflict { .. }), "{error}");
    let told = stored.events.expect("are kept").len();
    probe.open("waits");
    probe.open("other");
    let out = soon(wf.resume("r")).await.unwrap_or_else(|error| panic!("{error}"));
    let events: Vec<Event> = out.events.iter().flatten().map(|event| (**event).clone()).collect();
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
    assert_eq!(lines(&events)[told], "WorkflowContinued");
    let again = lines(&events)[told + 1..].to_vec();
    (out, again)
}

workflow! {
    Branches(text: String) -> String {
        extra probe: Probe;
        first;
        parallel outer {
            second;
            steps group { parallel inner { first; waits; other; } map as joined |a, b, c| format!("{a}{b}{c}"); }
        }
        map as end |a, b| format!("{a} {b}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_nested_branches() {
    let probe = Probe::new();
    probe.open("other");
    let (out, again) = resumed(Branches::new(), &probe, "waits", 1).await;
    assert_eq!(*out.content, "a12 a11a1wa1o");
    assert_eq!((probe.calls("first"), probe.calls("second"), probe.calls("waits"), probe.calls("other")), (2, 1, 2, 1));
    assert_eq!(
        again,
        [
            "StepRetrying outer/group/inner/waits",
            "StepCompleted outer/group/inner/waits",
            "ParallelExecutionCompleted outer/group/inner",
            "StepStarted outer/group/joined",
            "StepCompleted outer/group/joined",
            "StepsExecutionCompleted outer/group",
            "ParallelExecutionCompleted outer",
            "StepStarted end",
            "StepCompleted end",
            "WorkflowCompleted",
        ]
    );
    assert_eq!(paths(&out.steps)[..2], ["first", "outer/second"]);
    assert_eq!(out.steps.len(), 10, "every node is listed once: {:?}", paths(&out.steps));
}

workflow! {
    Turns(text: String) -> String {
        extra probe: Probe;
        loop turns (max = 3, until = |text| text.len() > 6) { first; waits; }
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_loop() {
    let probe = Probe::new();
    let wf = Turns::new();
    probe.open("waits");
    let whole = soon(wf.run("a").extra(probe.clone())).await.expect("completes");
    let probe = Probe::new();
    let (out, again) = resumed(wf, &probe, "waits", 1).await;
    assert_eq!((&out.content, probe.calls("first"), probe.calls("waits")), (&whole.content, 3, 4));
    assert_eq!(again[..3], ["StepRetrying turns[0]/waits", "StepCompleted turns[0]/waits", "StepStarted turns[0]/until"]);
}

workflow! {
    Items(text: String) -> Vec<String> {
        extra probe: Probe;
        list;
        each items |item| (limit = 2) { first(item); waits; }
    }
}

#[tokio::test(start_paused = true)]
async fn in_an_each() {
    let probe = Probe::new();
    let (out, again) = resumed(Items::new(), &probe, "waits", 2).await;
    assert_eq!(*out.content, ["a01w", "a11w", "a21w"]);
    assert_eq!((probe.calls("first"), probe.calls("waits")), (3, 5));
    assert_eq!(again[..3], ["StepRetrying items[0]/waits", "StepCompleted items[0]/waits", "EachItemCompleted items[0]"]);
    assert!(again.contains(&"StepRetrying items[1]/waits".to_owned()) && again.contains(&"EachItemStarted items[2]".to_owned()));
    assert_eq!(
        paths(&out.steps),
        [
            "list",
            "items[0]/first",
            "items[1]/first",
            "items[0]/waits",
            "items[0]",
            "items[1]/waits",
            "items[1]",
            "items[2]/first",
            "items[2]/waits",
            "items[2]",
            "items",
        ]
    );
}

workflow! {
    Inner(text: String) -> String { extra probe: Probe; first; waits; }
}

workflow! {
    Nested(text: String) -> String { extra probe: Probe; second; Inner; other; }
}

#[tokio::test(start_paused = true)]
async fn in_a_nested_workflow() {
    let probe = Probe::new();
    let (out, again) = resumed(Nested::new(), &probe, "waits", 1).await;
    assert_eq!((&**out.content, probe.calls("first"), probe.calls("second")), ("a21wo", 1, 1));
    assert_eq!(again[..3], ["StepRetrying inner/waits", "StepOutput inner/waits", "StepCompleted inner/waits"]);
    // And behind it: the nested workflow is not entered again.
    let probe = Probe::new();
    probe.open("waits");
    let (out, again) = resumed(Nested::new(), &probe, "other", 1).await;
    assert_eq!((&**out.content, probe.calls("waits")), ("a21wo", 1));
    assert_eq!(again, ["StepRetrying other", "StepOutput other", "StepCompleted other", "WorkflowCompleted"]);
}

#[step(retry = 3, backoff = "1h", max_backoff = "10h")]
async fn flaky(text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> Result<String, std::io::Error> {
    probe.pass(&format!("attempt {}", ctx.attempt())).await;
    if ctx.attempt() < 3 { Err(std::io::Error::other("not yet")) } else { Ok(format!("{text}f")) }
}

workflow! { Flaky(text: String) -> String { extra probe: Probe; flaky; } }

#[tokio::test(start_paused = true)]
async fn in_a_retry_the_cut_attempt_is_made_again() {
    let probe = Probe::new();
    for attempt in ["attempt 1", "attempt 3"] {
        probe.open(attempt);
    }
    let wf = Flaky::new();
    probe.cut("attempt 2", 1, wf.run("a").run_id("r").store_events(true).extra(probe.clone())).await;
    probe.open("attempt 2");
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!(out.steps.at("flaky").expect("is there").attempts(), 3);
    assert_eq!([1, 2, 3].map(|n| probe.calls(&format!("attempt {n}"))), [1, 2, 1]);
    let retries: Vec<_> = out
        .events
        .iter()
        .flatten()
        .filter_map(|event| if let EventKind::StepRetrying { attempt, .. } = event.kind { Some(attempt) } else { None })
        .collect();
    assert_eq!(retries, [2, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn in_the_wait_before_a_retry_the_failed_attempt_counts() {
    let probe = Probe::new();
    for attempt in 1..=3 {
        probe.open(&format!("attempt {attempt}"));
    }
    let wf = Flaky::new();
    let run = wf.run("a").run_id("r").extra(probe.clone());
    assert!(tokio::time::timeout(Duration::from_secs(60), run.into_future()).await.is_err(), "it waits for half an hour or more");
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!(out.steps.at("flaky").expect("is there").attempts(), 3);
    assert_eq!([1, 2, 3].map(|n| probe.calls(&format!("attempt {n}"))), [1, 1, 1]);
}

workflow! {
    Sleepy(text: String) -> String { extra probe: Probe; first; sleep "10m"; second; }
}

#[tokio::test(start_paused = true)]
async fn in_a_sleep_only_the_rest_is_waited_for() {
    let (wf, probe) = (Sleepy::new(), Probe::new());
    let run = wf.run("a").run_id("r").store_events(true).extra(probe.clone());
    assert!(tokio::time::timeout(Duration::from_secs(4 * 60), run.into_future()).await.is_err());
    tokio::time::advance(Duration::from_secs(60)).await;
    let began = tokio::time::Instant::now();
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!(began.elapsed().as_secs_f64().round() as u64, 5 * 60);
    assert_eq!((&**out.content, probe.calls("first")), ("a12", 1));

    let run = wf.run("a").run_id("late").extra(probe.clone());
    assert!(tokio::time::timeout(Duration::from_secs(60), run.into_future()).await.is_err());
    tokio::time::advance(Duration::from_secs(60 * 60)).await;
    let began = tokio::time::Instant::now();
    soon(wf.resume("late")).await.expect("completes");
    assert!(began.elapsed() < Duration::from_secs(1), "it is over");
}

workflow! {
    Asking(text: String) -> String {
        extra probe: Probe;
        first;
        parallel both {
            steps question { ask sure: bool = "Sure?"; map |sure| sure.to_string(); }
            waits;
        }
        map as end |a, b| format!("{a} {b}");
    }
}

#[tokio::test(start_paused = true)]
async fn with_an_open_question() {
    let (wf, probe) = (Asking::new(), Probe::new());
    probe.cut("waits", 1, wf.run("a").run_id("r").store_events(true).extra(probe.clone())).await;
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!((stored.status, stored.questions.len()), (Status::Running, 1), "the question is open though nobody runs the run");
    probe.open("waits");
    let Outcome::Paused(paused) = soon(wf.resume("r").outcome()).await.expect("waits") else { panic!("asks") };
    assert_eq!(paused.questions().len(), 1);
    let out = soon(wf.answer("r", "sure", true)).await.expect("completes");
    assert_eq!((&**out.content, probe.calls("first"), probe.calls("waits")), ("true a1w", 1, 2));
    let events: Vec<Event> = out.events.iter().flatten().map(|event| (**event).clone()).collect();
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
    assert_eq!(lines(&events).iter().filter(|line| line.starts_with("StepPaused")).count(), 1, "it is asked once");
}

#[tokio::test(start_paused = true)]
async fn an_answer_takes_a_dropped_run_on() {
    let (wf, probe) = (Asking::new(), Probe::new());
    probe.cut("waits", 1, wf.run("a").run_id("r").extra(probe.clone())).await;
    probe.open("waits");
    let out = soon(wf.answer("r", "sure", false)).await.expect("completes");
    assert_eq!(*out.content, "false a1w");
}

#[tokio::test(start_paused = true)]
async fn again_and_again() {
    let (wf, probe) = (Branches::new(), Probe::new());
    probe.cut("waits", 1, wf.run("a").run_id("r").store_events(true).extra(probe.clone())).await;
    for times in 2..5 {
        probe.cut("waits", times, wf.resume("r")).await;
        assert_eq!(probe.alive(), 0);
    }
    probe.open("waits");
    probe.open("other");
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!((probe.calls("first"), probe.calls("second"), probe.calls("waits")), (2, 1, 5));
    let events: Vec<Event> = out.events.iter().flatten().map(|event| (**event).clone()).collect();
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
    assert_eq!(out.steps.at("outer/group/inner/waits").expect("is there").attempts(), 1, "a cut attempt does not count");
}

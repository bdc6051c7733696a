//! Taking runs on: what is recorded does not run again, what is not does, and nothing is told twice.

use std::time::Duration;

use agno::{StepOutcome, prelude::*, testing::grammar};
use serde_json::json;

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

//! Steps that orchestrate, over crashes, failures and pauses. (What a call is: `constructs/children.rs`.)

use std::sync::Arc;

use agno::{StepErrorKind, StepOutcome, prelude::*, testing::grammar};
use futures_util::{StreamExt as _, future::try_join};

use crate::{
    probe::{Probe, soon},
    support::{lines, paths},
};

/// Counts its calls, and waits at the gate of what it gets.
struct Worker {
    probe: Probe,
}

#[step]
impl Worker {
    async fn run(&self, name: &str) -> Result<String, std::io::Error> {
        self.probe.pass(name).await;
        if name == "bad" && self.probe.calls("bad") == 1 { Err(std::io::Error::other("is bad")) } else { Ok(name.to_uppercase()) }
    }
}

#[step]
fn start(text: &str) -> String {
    text.to_owned()
}

/// Does what its input says, word by word.
#[step]
async fn plan(text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> Result<String, StepError> {
    let _alive = probe.enter("plan");
    let worker = Arc::new(Worker { probe: probe.clone() });
    let mut done = Vec::new();
    for word in text.split(' ') {
        done.push(ctx.call(&worker, word.to_owned()).await?.to_string());
    }
    Ok(done.join(" "))
}

workflow! {
    Plans(text: String) -> String {
        extra probe: Probe;
        start;
        plan;
        start(plan) as end;
    }
}

fn open(names: &[&str]) -> Probe {
    let probe = Probe::new();
    names.iter().for_each(|name| probe.open(name));
    probe
}

fn sentence(events: Option<&[Arc<Event>]>) -> Vec<String> {
    let events: Vec<Event> = events.into_iter().flatten().map(|event| (**event).clone()).collect();
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
    lines(&events)
}

#[tokio::test(start_paused = true)]
async fn children_are_listed_before_their_step_and_after_what_came_before_it() {
    for in_the_background in [false, true] {
        let run = Plans::new().run("a b").extra(open(&["a", "b"]));
        let out = if in_the_background { soon(run.background().await.expect("begins").wait()).await } else { soon(run).await };
        let out = out.expect("completes");
        assert_eq!(paths(&out.steps), ["start", "plan/worker#0", "plan/worker#1", "plan", "end"]);
        assert_eq!((&**out.content, out.metrics.steps), ("A B", 5));
    }
}

#[tokio::test(start_paused = true)]
async fn recorded_children_are_reused_after_a_crash() {
    let (wf, probe) = (Plans::new(), open(&["a", "c"]));
    probe.cut("b", 1, wf.run("a b c").run_id("r").store_events(true).extra(probe.clone())).await;
    assert_eq!(probe.alive(), 0, "nothing is left running");
    assert_eq!(paths(&wf.get_run("r").await.expect("reads").expect("is there").steps), ["start", "plan/worker#0"]);
    probe.open("b");
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!(*out.content, "A B C");
    assert_eq!(["plan", "a", "b", "c"].map(|name| probe.calls(name)), [2, 1, 2, 1]);
    let events = sentence(out.events.as_deref());
    let continued = events.iter().position(|line| line == "WorkflowContinued").expect("is there");
    assert_eq!(
        events[continued + 1..continued + 7],
        [
            "StepRetrying plan",
            "StepRetrying plan/worker#1",
            "StepCompleted plan/worker#1",
            "StepStarted plan/worker#2",
            "StepCompleted plan/worker#2",
            "StepOutput plan",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_runs_children_are_run_anew() {
    let (wf, probe) = (Plans::new(), open(&["a", "bad"]));
    let error = soon(wf.run("a bad").run_id("r").store_events(true).extra(probe.clone())).await.expect_err("fails");
    let RunError::Failed { path, source, .. } = &error else { panic!("{error}") };
    // The step's own failure is its child's.
    assert_eq!((path.as_str(), source.kind), ("plan", StepErrorKind::Error));
    assert!(error.to_string().contains("`plan/worker#1`: is bad"), "{error}");
    assert!(source.downcast_ref::<StepError>().is_some_and(|child| child.path == "plan/worker#1"));
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!(*out.content, "A BAD");
    assert_eq!(["a", "bad"].map(|name| probe.calls(name)), [2, 2], "what a failed attempt was told may have been the reason");
    let listed = paths(&out.steps);
    assert_eq!(listed[listed.len() - 4..], ["plan~2/worker#0", "plan~2/worker#1", "plan", "end"], "{listed:?}");
    sentence(out.events.as_deref());
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_run_a_crash_reuses_the_new_children() {
    let (wf, probe) = (Plans::new(), open(&["a", "bad"]));
    soon(wf.run("a bad c").run_id("r").store_events(true).extra(probe.clone())).await.expect_err("fails");
    probe.cut("c", 1, wf.resume("r")).await;
    probe.open("c");
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!(["a", "bad", "c"].map(|name| probe.calls(name)), [2, 2, 2]);
    assert!(out.steps.at("plan~2/worker#2").is_some_and(|step| step.outcome() == StepOutcome::Completed));
    sentence(out.events.as_deref());
}

/// Its order depends on what it should not depend on.
#[step]
async fn fickle(text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> Result<String, StepError> {
    let _alive = probe.enter("fickle");
    let worker = Arc::new(Worker { probe: probe.clone() });
    if probe.calls("fickle") == 1 {
        ctx.call(&worker, "a".to_owned()).await?;
        ctx.call(&worker, "b".to_owned()).await?;
    } else {
        ctx.step::<start>("a".to_owned()).await?;
    }
    Ok(text.to_owned())
}

workflow! { Fickle(text: String) -> String { extra probe: Probe; fickle; } }

#[tokio::test(start_paused = true)]
async fn another_order_on_resume_names_both() {
    let (wf, probe) = (Fickle::new(), open(&["a"]));
    probe.cut("b", 1, wf.run("x").run_id("r").store_events(true).extra(probe.clone())).await;
    let error = soon(wf.resume("r")).await.expect_err("is another order");
    let RunError::DefinitionChanged { path, reason, .. } = &error else { panic!("{error}") };
    assert_eq!(path, "fickle");
    assert!(reason.contains("`start`") && reason.contains("`worker`"), "{reason}");
    sentence(wf.get_run("r").await.expect("reads").expect("is there").events.as_deref());
}

/// Drops a child half-way: the other one was faster.
#[step]
async fn races(_text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> Result<String, StepError> {
    let worker = Arc::new(Worker { probe: probe.clone() });
    let (slow, fast) = (ctx.call(&worker, "slow".to_owned()).into_future(), ctx.call(&worker, "fast".to_owned()).into_future());
    match futures_util::future::select(slow, fast).await {
        futures_util::future::Either::Left((done, _)) | futures_util::future::Either::Right((done, _)) => Ok(done?.to_string()),
    }
}

workflow! { Races(text: String) -> String { extra probe: Probe; races; } }

#[tokio::test(start_paused = true)]
async fn a_child_that_is_dropped_ends_before_its_step() {
    let probe = open(&["fast"]);
    let out = soon(Races::new().run("x").store_events(true).extra(probe.clone())).await.expect("completes");
    assert_eq!((&**out.content, probe.alive()), ("FAST", 0));
    assert_eq!(
        sentence(out.events.as_deref()),
        [
            "WorkflowStarted",
            "StepStarted races",
            "StepStarted races/worker#0",
            "StepStarted races/worker#1",
            "StepCompleted races/worker#1",
            "StepCancelled races/worker#0",
            "StepOutput races",
            "StepCompleted races",
            "WorkflowCompleted",
        ]
    );
}

#[step(retry = 1, backoff = "1s", timeout = "1m")]
async fn side_by_side(_text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> Result<String, StepError> {
    let worker = Arc::new(Worker { probe: probe.clone() });
    let (a, b) = try_join(ctx.call(&worker, "bad".to_owned()).into_future(), ctx.call(&worker, "slow".to_owned()).into_future()).await?;
    Ok(format!("{a} {b}"))
}

workflow! { Together(text: String) -> String { extra probe: Probe; side_by_side; } }

#[tokio::test(start_paused = true)]
async fn a_failed_and_a_timed_out_attempt_leave_no_child_open() {
    let probe = open(&["bad"]);
    let error = soon(Together::new().run("x").run_id("r").store_events(true).extra(probe.clone())).await.expect_err("is too slow");
    assert!(matches!(&error, RunError::Failed { source, .. } if source.kind == StepErrorKind::Timeout), "{error}");
    assert_eq!(probe.alive(), 0);
    let wf = Together::new();
    let probe = open(&["bad"]);
    _ = soon(wf.run("x").run_id("r").store_events(true).extra(probe.clone())).await;
    let events = sentence(wf.get_run("r").await.expect("reads").expect("is there").events.as_deref());
    assert_eq!(
        events[2..],
        [
            "StepStarted side_by_side/worker#0",
            "StepError side_by_side/worker#0",
            "StepRetrying side_by_side",
            "StepStarted side_by_side~2/worker#0",
            "StepCompleted side_by_side~2/worker#0",
            "StepStarted side_by_side~2/worker#1",
            "StepCancelled side_by_side~2/worker#1",
            "StepError side_by_side",
            "WorkflowError",
        ]
    );
}

workflow! { Question(text: String) -> bool { ask sure: bool = format!("{text}?"); } }

#[step]
async fn asks(text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> Result<String, StepError> {
    let _alive = probe.enter("asks");
    let worker = Arc::new(Worker { probe: probe.clone() });
    let first = ctx.call(&worker, "a".to_owned()).await?;
    let sure = ctx.call(&Question::new(), text.to_owned()).await?;
    let last = ctx.call(&worker, "b".to_owned()).await?;
    Ok(format!("{first} {sure} {last}"))
}

workflow! {
    Asks(text: String) -> String {
        extra probe: Probe;
        parallel both { asks; steps group { start; } }
        map |a, b| format!("{a} {b}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_asks_pauses_its_step() {
    let (wf, probe) = (Asks::new(), open(&["a", "b"]));
    let Outcome::Paused(paused) = soon(wf.run("Sure").run_id("r").store_events(true).extra(probe.clone()).outcome()).await.expect("waits")
    else {
        panic!("asks")
    };
    assert_eq!((paused.questions()[0].path.as_str(), paused.questions()[0].text.as_str()), ("both/asks/question#0/sure", "Sure?"));
    assert_eq!(probe.alive(), 0);
    assert_eq!(paths(&paused.partial().steps), ["both/asks/worker#0", "both/group/start", "both/group"]);
    let out = soon(wf.answer("r", "sure", true)).await.expect("completes");
    assert_eq!(*out.content, "A true B Sure");
    assert_eq!(["asks", "a", "b"].map(|name| probe.calls(name)), [2, 1, 1]);
    let events = sentence(out.events.as_deref());
    let continued = events.iter().position(|line| line == "WorkflowContinued").expect("is there");
    assert_eq!(
        events[continued + 1..continued + 6],
        [
            "StepRetrying both/asks",
            "StepContinued both/asks/question#0/sure",
            "WorkflowCompleted both/asks/question#0",
            "StepStarted both/asks/worker#1",
            "StepCompleted both/asks/worker#1",
        ]
    );
}

#[step]
async fn asks_beside(text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> Result<String, StepError> {
    let worker = Arc::new(Worker { probe: probe.clone() });
    let (sure, _) =
        try_join(ctx.call(&Question::new(), text.to_owned()).into_future(), ctx.call(&worker, "bad".to_owned()).into_future()).await?;
    Ok(sure.to_string())
}

workflow! {
    AsksBeside(text: String) -> String {
        extra probe: Probe;
        asks_beside with (on_error = skip);
        start;
    }
}

#[tokio::test(start_paused = true)]
async fn a_childs_question_is_withdrawn_when_its_step_fails() {
    let out = soon(AsksBeside::new().run("x").store_events(true).extra(open(&["bad"])).outcome()).await.expect("completes");
    let Outcome::Completed(out) = out else { panic!("nothing is open") };
    let events = sentence(out.events.as_deref());
    assert_eq!(
        events[3..9],
        [
            "StepPaused asks_beside/question#0/sure",
            "StepStarted asks_beside/worker#0",
            "StepError asks_beside/worker#0",
            "StepCancelled asks_beside/question#0/sure",
            "WorkflowCancelled asks_beside/question#0",
            "StepSkipped asks_beside",
        ],
        "{events:?}"
    );
}

/// A child that has children.
struct Chief {
    worker: Arc<Worker>,
}

#[step]
impl Chief {
    async fn run(&self, name: &str, ctx: &StepContext) -> Result<String, StepError> {
        let (one, two) = (ctx.call(&self.worker, name.to_owned()).await?, ctx.call(&self.worker, "b".to_owned()).await?);
        Ok(format!("{one}{two}"))
    }
}

#[step]
async fn delegates(text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> Result<String, StepError> {
    let chief = Arc::new(Chief { worker: Arc::new(Worker { probe: probe.clone() }) });
    let mut seen = Vec::new();
    let mut stream = ctx.call(&chief, text.to_owned()).stream();
    while let Some(event) = stream.next().await {
        seen.push(format!("{} {}", event.name(), event.path.trim_start_matches("delegates/")));
    }
    Ok(format!("{} {}", stream.output().await?, seen.join(", ")))
}

workflow! { Delegates(text: String) -> String { extra probe: Probe; delegates; } }

#[tokio::test(start_paused = true)]
async fn children_have_children_and_are_watched_with_them() {
    let (wf, probe) = (Delegates::new(), open(&["a", "b"]));
    let out = soon(wf.run("a").store_events(true).extra(probe.clone())).await.expect("completes");
    assert_eq!(
        *out.content,
        "AB StepStarted chief#0, StepStarted chief#0/worker#0, StepCompleted chief#0/worker#0, StepStarted chief#0/worker#1, \
         StepCompleted chief#0/worker#1, StepCompleted chief#0"
    );
    assert_eq!(paths(&out.steps), ["delegates/chief#0/worker#0", "delegates/chief#0/worker#1", "delegates/chief#0", "delegates"]);

    let probe = open(&["a"]);
    probe.cut("b", 1, wf.run("a").run_id("r").store_events(true).extra(probe.clone())).await;
    probe.open("b");
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!((probe.calls("a"), probe.calls("b")), (1, 2));
    assert!(out.content.starts_with("AB StepRetrying chief#0, StepRetrying chief#0/worker#1, "), "{}", out.content);
    sentence(out.events.as_deref());
}

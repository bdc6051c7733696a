//! Nested workflows: by type, by value, in themselves.

use std::sync::Arc;

use agno::{About, Describe, EventName, InMemoryDb, StepErrorKind, prelude::*};
use serde_json::json;

use crate::{
    Gauge, completed, ends, failure, kind_at, paused, questions,
    support::{events, paths},
    told,
};

#[step]
fn inc(n: &u32) -> u32 {
    n + 1
}

#[step]
fn double(n: &u32) -> u32 {
    n * 2
}

#[step]
fn show(n: &u32) -> String {
    format!("<{n}>")
}

workflow! {
    /// Doubles and adds one.
    Inner(n: u32) -> u32 { double; inc; }
}

workflow! { ByType(n: u32) -> u32 { Inner; inc; Inner(*inc + inner) as second; Inner(n) as third with (label = "Third"); } }

#[tokio::test]
async fn a_workflow_stands_at_a_node_by_its_type() {
    let (lines, came) = told(ByType::new().run(1_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 3);
    assert_eq!(
        paths(&run.steps),
        ["inner/double", "inner/inc", "inner", "inc", "second/double", "second/inc", "second", "third/double", "third/inc", "third"]
    );
    assert_eq!(
        lines[..8],
        [
            "WorkflowStarted",
            "WorkflowStarted inner",
            "StepStarted inner/double",
            "StepOutput inner/double",
            "StepCompleted inner/double",
            "StepStarted inner/inc",
            "StepOutput inner/inc",
            "StepCompleted inner/inc",
        ]
    );
    assert_eq!(run.steps.at("second/inc").expect("ran").content().expect("writes"), Some(json!(15)));
    let nested = run.steps.at("third").expect("ran");
    assert_eq!((nested.executor(), nested.label(), nested.attempts()), ("Inner", "Third".to_owned(), 0));
    let events = events(ByType::new().run(1_u32).stream()).await;
    let depths: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::WorkflowStarted { depth, name } => Some((*depth, &**name, &*event.path)),
            _ => None,
        })
        .collect();
    assert_eq!(depths, [(0, "By type", ""), (1, "Inner", "inner"), (1, "Inner", "second"), (1, "Inner", "third")]);
    let ended: Vec<_> = events.iter().filter(|event| event.name() == EventName::WorkflowCompleted).map(Event::is_terminal).collect();
    assert_eq!(ended, [false, false, false, true]);
}

workflow! { Middle(n: u32) -> u32 { Inner; Inner as again; } }

workflow! { Outer(n: u32) -> String { parallel both { Middle; Inner; } loop twice |a, b| (max = 2) { parallel next { Inner(a) as x; Middle(b) as y; } } map |a, b| format!("{a} {b}"); } }

#[tokio::test]
async fn workflows_nest_in_anything() {
    let run = Outer::new().run(0_u32).await.expect("runs");
    // 3 and 1; 7 and 7; 15 and 31
    assert_eq!(*run.content, "15 31");
    assert!(paths(&run.steps).contains(&"twice[1]/next/y/again/inc".to_owned()));
    assert!(matches!(<Inner as Describe>::about(), About::Workflow(plan) if plan.description == Some("Doubles and adds one.")));
}

struct Adder(u32);

#[step]
impl Adder {
    async fn run(&self, n: &u32) -> u32 {
        n + self.0
    }
}

workflow! { WithUse(n: u32) -> u32 { use adder: Adder; adder; double; } }

workflow! {
    ByValue(n: u32) -> u32 {
        use first: WithUse;
        use second: WithUse;
        use third: Inner;
        first;
        parallel both { second; third(n); }
        map |a, b| a + b;
        first(map) as last;
    }
}

#[tokio::test]
async fn a_workflow_with_executors_is_given_by_value() {
    let [one, ten] = [1, 10].map(|n| WithUse::builder().adder(Adder(n)).build());
    let workflow = ByValue::builder().first(one.clone()).second(Arc::new(ten)).third(Inner::new()).build();
    let run = workflow.run(1_u32).await.expect("runs");
    // 4; 28 and 3; 31; 64
    assert_eq!(*run.content, 64);
    assert_eq!(paths(&run.steps)[..3], ["first/adder", "first/double", "first"]);
    assert!(paths(&run.steps).contains(&"both/second/adder".to_owned()));
    assert_eq!(run.steps.at("first").expect("ran").executor(), "WithUse");
    // Its own runs are runs of its own.
    assert_eq!(*one.run(1_u32).await.expect("runs").content, 4);
}

workflow! { Countdown(n: u32) -> u32 { condition more (|n| *n > 0) { map |n| n - 1; Countdown; } else { map |_| 7; } } }

#[tokio::test]
async fn a_workflow_may_nest_itself_up_to_a_depth() {
    let run = Countdown::new().run(3_u32).await.expect("runs");
    assert_eq!(*run.content, 7);
    assert!(paths(&run.steps).contains(&"more/countdown/more/countdown/more/countdown/more/map".to_owned()));
    assert_eq!(*Countdown::new().run(32_u32).await.expect("runs").content, 7);
    let error = failure(Countdown::new().run(33_u32).await);
    assert_eq!(error.kind, StepErrorKind::TooDeep);
    assert_eq!(error.path.matches("countdown").count(), 33);
    assert!(error.message.contains("32"), "{}", error.message);
}

workflow! { Tree(n: u32) -> u32 {
    condition leaf (|n| *n == 0) { map |_| 1; } else {
        map as less |n| n - 1;
        parallel sides { Tree as left; each_of; }
        map |left, right| left + right.len() as u32;
    }
} }

#[step]
fn each_of(n: &u32) -> Vec<u32> {
    vec![0; *n as usize]
}

#[tokio::test]
async fn a_workflow_may_nest_itself_in_a_branch() {
    assert_eq!(*Tree::new().run(4_u32).await.expect("runs").content, 1 + 1 + 2 + 3);
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Count(u32);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Notes(Vec<u32>);

#[step]
fn count(n: &u32, count: &mut Count) -> u32 {
    count.0 += 1;
    n + count.0
}

#[step]
fn read(n: &u32, #[state] count: &Count) -> u32 {
    n * 1000 + count.0
}

#[step]
fn note(n: &u32, notes: &mut Notes) -> u32 {
    notes.0.push(*n);
    notes.0.len() as u32
}

workflow! { Counts(n: u32) -> u32 { state count: Count; count; count as again; } }

workflow! { Notes2(n: u32) -> u32 { state notes: Notes = Notes(vec![100]); note; note as again; } }

workflow! { Shares(n: u32) -> u32 { state count: Count; count; Counts; Inner; count as last; read(n) as seen; } }

workflow! { OtherState(n: u32) -> u32 { state count: Count; count; Notes2; Notes2(n) as more; count as last; } }

workflow! { WithoutState(n: u32) -> u32 { Counts; Counts as again; } }

#[tokio::test]
async fn a_state_of_the_same_type_is_shared() {
    let workflow = Shares::new();
    let run = workflow.run(1_u32).session("s").await.expect("runs");
    assert_eq!((*run.content, run.state), (1004, Some(json!(4))));
    assert_eq!(*workflow.run(1_u32).session("s").await.expect("runs").content, 1008);
}

#[tokio::test]
async fn a_state_of_another_type_is_its_own() {
    let workflow = OtherState::new();
    let run = workflow.run(1_u32).session("s").await.expect("runs");
    // The counter saw two calls, each list began with its first value.
    assert_eq!((run.state, run.steps.at("more/again").expect("ran").content().expect("writes")), (Some(json!(2)), Some(json!(3))));
    let run = workflow.run(1_u32).session("s").await.expect("runs");
    // Each has a state under its own path, which the session keeps.
    assert_eq!(run.steps.at("notes2/again").expect("ran").content().expect("writes"), Some(json!(5)));
    assert_eq!(run.steps.at("more/again").expect("ran").content().expect("writes"), Some(json!(5)));
    assert_eq!(run.state, Some(json!(4)));
    let run = WithoutState::new().run(0_u32).session("s").await.expect("runs");
    // 1 and 3; then with a count of its own: 4 and 6
    assert_eq!((*run.content, run.state), (6, None));
}

#[derive(Clone, Debug, Default, JsonSchema)]
struct Client(u32);

#[step]
fn by_client(n: &u32, #[extra] client: &Client) -> u32 {
    n + client.0
}

workflow! { InnerExtra(n: u32) -> u32 { extra client: Client; by_client; } }

workflow! { OuterExtra(n: u32) -> u32 { extra client: Client; parallel both { InnerExtra; by_client; } map |a, b| a * 100 + b; } }

#[tokio::test]
async fn additional_data_is_that_of_the_run() {
    assert_eq!(*OuterExtra::new().run(1_u32).extra(Client(5)).await.expect("runs").content, 606);
    assert_eq!(*OuterExtra::new().run(1_u32).await.expect("runs").content, 101);
}

#[step]
async fn fails_till_third(n: &u32, ctx: &StepContext) -> Result<u32, String> {
    if ctx.path().contains("~3") { Ok(*n) } else { Err(format!("in {}", ctx.path())) }
}

workflow! { Flaky(n: u32) -> u32 { inc; fails_till_third; } }

workflow! { Retries(n: u32) -> u32 { Flaky as sub with (retry = 3); inc; } }

workflow! { RetriesTooFew(n: u32) -> u32 { Flaky as sub with (retry = 1); } }

#[tokio::test(start_paused = true)]
async fn a_retry_starts_it_anew_under_a_number() {
    let (lines, came) = told(Retries::new().run(1_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 3);
    assert_eq!(
        ends(&run.steps),
        [
            "sub/inc",
            "sub/fails_till_third: failed, in sub/fails_till_third",
            "sub: failed, in sub/fails_till_third",
            "sub~2/inc",
            "sub~2/fails_till_third: failed, in sub~2/fails_till_third",
            "sub~2: failed, in sub~2/fails_till_third",
            "sub~3/inc",
            "sub~3/fails_till_third",
            "sub~3",
            "inc",
        ]
    );
    assert_eq!(lines.iter().filter(|line| line.starts_with("WorkflowStarted")).count(), 4);
    assert_eq!(kind_at(RetriesTooFew::new().run(1_u32).await).1, "sub~2/fails_till_third");
}

workflow! { AsksAfterRetries(n: u32) -> u32 { Flaky as sub with (retry = 3); ask more: u32 = "More?"; inc; } }

#[tokio::test(start_paused = true)]
async fn a_next_leg_finds_its_starts() {
    let workflow = AsksAfterRetries::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    let (lines, came) = told(workflow.answer(waits.run_id(), "more", 4_u32)).await;
    assert_eq!((*completed(came).content, &*lines[2]), (5, "StepStarted inc"));
}

#[step]
fn stop_big(n: &u32) -> ControlFlow<u32, u32> {
    if *n > 10 { ControlFlow::Break(999) } else { ControlFlow::Continue(*n) }
}

workflow! { Stops(n: u32) -> u32 { double; steps group { stop_big; } inc; } }

workflow! { AroundStops(n: u32) -> String { Stops; parallel both { Stops as again; inc; } map |a, b| format!("{a} {b}"); } }

#[tokio::test]
async fn a_break_ends_the_nested_workflow_only() {
    assert_eq!(*AroundStops::new().run(1_u32).await.expect("runs").content, "7 4");
    let (lines, came) = told(AroundStops::new().run(5_u32)).await;
    assert_eq!(*completed(came).content, "999 12");
    assert!(lines.contains(&"WorkflowCompleted both/again".to_owned()));
    let run = AroundStops::new().run(6_u32).await.expect("runs");
    assert_eq!(*run.content, "999 1000");
    assert_eq!(paths(&run.steps)[..4], ["stops/double", "stops/group/stop_big", "stops/group", "stops"]);
}

workflow! { BreakThenAsk(n: u32) -> String { Stops; ask sure: bool = "Sure?"; show(stops); } }

#[tokio::test]
async fn a_next_leg_finds_the_break() {
    let workflow = BreakThenAsk::new();
    let waits = paused(workflow.run(6_u32).outcome().await);
    assert_eq!(*workflow.answer(waits.run_id(), "sure", true).await.expect("goes on").content, "<999>");
}

#[step]
fn refuse(n: &u32) -> Result<u32, String> {
    Err(format!("no {n}"))
}

workflow! { Fails(n: u32) -> u32 { inc; refuse; } }

workflow! { Policies(n: u32) -> String {
    Fails as skipped with (on_error = skip);
    Fails as none with (on_error = none);
    Fails(n) as other with (on_error = fallback(Inner));
    show;
    map |text| format!("{text} {skipped} {none:?}");
} }

#[tokio::test]
async fn a_failing_nested_workflow_may_be_tolerated() {
    let (lines, came) = told(Policies::new().run(3_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, "<7> 3 None");
    assert_eq!(
        ends(&run.steps)[..11],
        [
            "skipped/inc",
            "skipped/refuse: failed, no 4",
            "skipped: skipped, no 4",
            "none/inc",
            "none/refuse: failed, no 4",
            "none: failed, no 4",
            "other/inc",
            "other/refuse: failed, no 4",
            "other: failed, no 4",
            "other/fallback/double",
            "other/fallback/inc",
        ]
    );
    assert_eq!(lines.iter().filter(|line| line.starts_with("WorkflowError")).count(), 3);
    let (lines, came) = told(Fails::new().run(1_u32)).await;
    assert_eq!((kind_at(came).1, &*lines[lines.len() - 1]), ("refuse".to_owned(), "WorkflowError"));
}

workflow! { Timed(n: u32) -> u32 { use gauge: Gauge; Slow as slow with (timeout = "5s", on_error = skip); gauge; } }

workflow! { Slow(n: u32) -> u32 { sleep "3s"; inc; sleep as again "3s"; inc as last; } }

#[tokio::test(start_paused = true)]
async fn a_timeout_is_for_all_of_a_nested_workflow() {
    let run = Timed::builder().gauge(Gauge::default()).build().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, 10);
    assert_eq!(
        ends(&run.steps)[..4],
        ["slow/sleep", "slow/inc", "slow/again: cancelled", "slow: skipped, took longer than its timeout of 5s"]
    );
}

workflow! { Asks(n: u32) -> u32 { ask more: u32 = "More?"; inc; } }

workflow! { Own(n: u32) -> u32 with (name = "Outer one", id = "outer-one", store_events) { Asks; } }

#[tokio::test]
async fn a_nested_workflow_keeps_nothing_of_its_own() {
    let (db, other) = (InMemoryDb::new(), InMemoryDb::new());
    let inner = Asks::builder().db(other.clone()).build();
    let workflow = Own::builder().db(db).build();
    let waits = paused(workflow.run(1_u32).session("s").outcome().await);
    assert_eq!(questions(&waits), ["asks/more"]);
    let run = workflow.answer(waits.run_id(), "asks/more", 5_u32).await.expect("goes on");
    assert_eq!((*run.content, &*run.workflow, &*run.workflow_id), (6, "Outer one", "outer-one"));
    assert!(inner.sessions().list().await.expect("it answers").is_empty());
    assert_eq!(workflow.sessions().list().await.expect("it answers").len(), 1);
    assert!(run.events.is_some());
}

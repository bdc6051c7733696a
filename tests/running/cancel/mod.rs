//! Cancelling: wherever the run stands, it ends once, nothing is left running, and nothing hangs.

mod ways;

use agno::prelude::*;
use futures_util::StreamExt as _;

use crate::{
    probe::{Probe, soon},
    support::lines,
};

#[step]
async fn waits(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("waits").await;
    text.to_owned()
}

#[step]
async fn other(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("other").await;
    text.to_owned()
}

#[step(retry = 5, backoff = "1h")]
async fn flaky(_text: &str, #[extra] probe: &Probe) -> Result<String, std::io::Error> {
    let _alive = probe.enter("waits");
    Err(std::io::Error::other("not yet"))
}

#[step]
fn two(text: &str) -> Vec<String> {
    vec![format!("{text} 1"), format!("{text} 2")]
}

/// Runs in the background until `waits` runs, cancels, and gives the events.
async fn cancelled<W, I>(wf: W, input: I, times: u32) -> Vec<String>
where
    W: Workflow<Input = I, Extra = agno::__private::Extra<Probe>>,
    W::Output: std::fmt::Debug,
    I: Content,
{
    let probe = Probe::new();
    let handle = wf.run(input).run_id("r").extra(probe.clone()).background().await.expect("begins");
    probe.called("waits", times).await;
    soon(wf.cancel("r")).await.expect("is cancelled");
    assert_eq!(probe.alive(), 0, "nothing is left running");
    assert_eq!(handle.status().await.expect("is there"), Status::Cancelled);
    let error = soon(handle.wait()).await.expect_err("is cancelled");
    assert!(matches!(error, RunError::Cancelled { .. }), "{error}");
    let events: Vec<Event> = handle.events(0).await.expect("are kept").map(|event| (*event).clone()).collect().await;
    agno::testing::grammar::check(&events, agno::testing::grammar::Extent::Whole).expect("is a sentence");
    assert_eq!(events.iter().filter(|event| event.is_terminal()).count(), 1);
    // What is cancelled stays so.
    assert!(matches!(soon(wf.resume("r")).await, Err(RunError::Cancelled { .. })));
    soon(wf.cancel("r")).await.expect("it is cancelled");
    lines(&events)
}

workflow! { Plain(text: String) -> String { extra probe: Probe; waits; other; } }

#[tokio::test(start_paused = true)]
async fn a_step() {
    assert_eq!(
        cancelled(Plain::new(), "a".to_owned(), 1).await,
        ["WorkflowStarted", "StepStarted waits", "StepCancelled waits", "WorkflowCancelled"]
    );
}

workflow! {
    Side(text: String) -> String {
        extra probe: Probe;
        parallel both (limit = 2) { waits; steps group { other; waits; } other as never; }
        map |a, b, c| format!("{a}{b}{c}");
    }
}

#[tokio::test(start_paused = true)]
async fn branches() {
    let events = cancelled(Side::new(), "a".to_owned(), 1).await;
    assert_eq!(
        events,
        [
            "WorkflowStarted",
            "ParallelExecutionStarted both",
            "StepStarted both/waits",
            "StepsExecutionStarted both/group",
            "StepStarted both/group/other",
            "StepCancelled both/waits",
            "StepCancelled both/group/other",
            "StepsExecutionCompleted both/group",
            "ParallelExecutionCompleted both",
            "WorkflowCancelled",
        ]
    );
}

workflow! {
    Items(text: String) -> Vec<String> {
        extra probe: Probe;
        two;
        each items (limit = 1) { waits; }
    }
}

#[tokio::test(start_paused = true)]
async fn an_each() {
    let events = cancelled(Items::new(), "a".to_owned(), 1).await;
    assert_eq!(
        events[4..],
        [
            "EachExecutionStarted items",
            "EachItemStarted items[0]",
            "StepStarted items[0]/waits",
            "StepCancelled items[0]/waits",
            "EachItemCompleted items[0]",
            "EachExecutionCompleted items",
            "WorkflowCancelled"
        ],
        "the second item never begins"
    );
}

workflow! {
    Turns(text: String) -> String {
        extra probe: Probe;
        loop turns (max = 3) { waits; }
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop() {
    let events = cancelled(Turns::new(), "a".to_owned(), 1).await;
    assert_eq!(
        events[1..],
        [
            "LoopExecutionStarted turns",
            "LoopIterationStarted turns[0]",
            "StepStarted turns[0]/waits",
            "StepCancelled turns[0]/waits",
            "LoopIterationCompleted turns[0]",
            "LoopExecutionCompleted turns",
            "WorkflowCancelled"
        ]
    );
}

workflow! { Nested(text: String) -> String { extra probe: Probe; Plain; other; } }

#[tokio::test(start_paused = true)]
async fn a_nested_workflow() {
    let events = cancelled(Nested::new(), "a".to_owned(), 1).await;
    assert_eq!(
        events,
        [
            "WorkflowStarted",
            "WorkflowStarted plain",
            "StepStarted plain/waits",
            "StepCancelled plain/waits",
            "WorkflowCancelled plain",
            "WorkflowCancelled"
        ]
    );
}

workflow! {
    Deep(text: String) -> Vec<String> {
        extra probe: Probe;
        two;
        each items |item| {
            condition sure (|item| !item.is_empty()) {
                router way (|item| item.len()) {
                    3 => steps group { loop turns (max = 2) { parallel both { Nested; flaky; } map |a, b| format!("{a}{b}"); } },
                    _ => waits,
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn everything_in_everything() {
    let events = cancelled(Deep::new(), "a".to_owned(), 4).await;
    assert_eq!(events.iter().filter(|line| line.starts_with("StepCancelled")).count(), 4);
    assert_eq!(events.last().expect("there are some"), "WorkflowCancelled");
}

workflow! { Flaky(text: String) -> String { extra probe: Probe; flaky; } }

#[tokio::test(start_paused = true)]
async fn the_wait_before_a_retry() {
    let events = cancelled(Flaky::new(), "a".to_owned(), 1).await;
    assert_eq!(events[2..], ["StepRetrying flaky", "StepCancelled flaky", "WorkflowCancelled"]);
}

workflow! {
    Sleepy(text: String) -> String {
        extra probe: Probe;
        parallel both { waits; steps group { sleep "10d"; other; } }
        map |a, b| format!("{a}{b}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sleep() {
    let events = cancelled(Sleepy::new(), "a".to_owned(), 1).await;
    assert!(events.contains(&"StepCancelled both/group/sleep".to_owned()), "{events:?}");
}

workflow! {
    Limited(text: String) -> String {
        extra probe: Probe;
        steps group (timeout = "1h") { parallel both (timeout = "2h") { waits with (timeout = "3h"); other; } map |a, b| format!("{a}{b}"); }
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_a_timeout_is_cancelled_and_has_not_timed_out() {
    let events = cancelled(Limited::new(), "a".to_owned(), 1).await;
    assert_eq!(events.last().expect("there are some"), "WorkflowCancelled");
    assert!(!events.iter().any(|line| line.starts_with("StepError")), "{events:?}");
}

#[step]
async fn orchestrates(text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> Result<String, StepError> {
    let _alive = probe.enter("orchestrates");
    let child = std::sync::Arc::new(Child { probe: probe.clone() });
    let (a, b) =
        futures_util::future::try_join(ctx.call(&child, text.to_owned()).into_future(), ctx.step::<two>(text.to_owned()).into_future())
            .await?;
    Ok(format!("{a}{b:?}"))
}

struct Child {
    probe: Probe,
}

#[step]
impl Child {
    async fn run(&self, text: &str) -> String {
        self.probe.pass("waits").await;
        text.to_owned()
    }
}

workflow! { Calls(text: String) -> String { extra probe: Probe; orchestrates; } }

#[tokio::test(start_paused = true)]
async fn a_child() {
    assert_eq!(
        cancelled(Calls::new(), "a".to_owned(), 1).await,
        [
            "WorkflowStarted",
            "StepStarted orchestrates",
            "StepStarted orchestrates/child#0",
            "StepStarted orchestrates/two#0",
            "StepCompleted orchestrates/two#0",
            "StepCancelled orchestrates/child#0",
            "StepCancelled orchestrates",
            "WorkflowCancelled",
        ]
    );
}

/// Goes on until somebody looks whether it is wanted.
#[step(blocking)]
fn grinds(_text: &str, ctx: &StepContext, #[extra] probe: &Probe) -> String {
    let _alive = probe.enter("waits");
    while !ctx.cancelled() {
        std::thread::yield_now();
    }
    "nobody wants it".to_owned()
}

workflow! { Grind(text: String) -> String { extra probe: Probe; grinds; other; } }

#[tokio::test]
async fn a_blocking_step_is_waited_for() {
    assert_eq!(
        cancelled(Grind::new(), "a".to_owned(), 1).await,
        ["WorkflowStarted", "StepStarted grinds", "StepCancelled grinds", "WorkflowCancelled"]
    );
}

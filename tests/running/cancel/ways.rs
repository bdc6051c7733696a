//! Who cancels, and in what state the run is then.

use std::time::Duration;

use agno::{StepOutcome, prelude::*};
use futures_util::StreamExt as _;

use super::{Plain, Side, waits};
use crate::{
    probe::{Probe, soon},
    support::{lines, paths},
};

workflow! {
    Asking(text: String) -> String {
        extra probe: Probe;
        parallel both {
            steps one { ask sure: bool = "Sure?"; map |sure| sure.to_string(); }
            steps two { loop turns (max = 2) { ask really: bool = "Really?"; map |really| really.to_string(); } waits; }
        }
        map |a, b| format!("{a}{b}");
    }
}

#[tokio::test]
async fn a_paused_run_is_cancelled_without_running() {
    let (wf, probe) = (Asking::new(), Probe::new());
    let paused = wf.run("a").run_id("r").store_events(true).extra(probe).outcome().await.expect("waits");
    assert!(matches!(paused, Outcome::Paused(_)));
    wf.cancel("r").await.expect("is cancelled");
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!((stored.status, stored.questions.len()), (Status::Cancelled, 0));
    let events: Vec<Event> = stored.events.expect("are kept").iter().map(|event| (**event).clone()).collect();
    agno::testing::grammar::check(&events, agno::testing::grammar::Extent::Whole).expect("is a sentence");
    assert_eq!(
        lines(&events)[8..],
        [
            "WorkflowPaused",
            "StepCancelled both/one/sure",
            "StepsExecutionCompleted both/one",
            "StepCancelled both/two/turns[0]/really",
            "LoopIterationCompleted both/two/turns[0]",
            "LoopExecutionCompleted both/two/turns",
            "StepsExecutionCompleted both/two",
            "ParallelExecutionCompleted both",
            "WorkflowCancelled",
        ]
    );
    assert!(matches!(wf.resume("r").await, Err(RunError::Cancelled { .. })));
    let error = wf.answer("r", "sure", true).await.expect_err("nothing is open");
    assert!(matches!(error, RunError::UnknownQuestion { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_dropped_is_cancelled() {
    let (wf, probe) = (Side::new(), Probe::new());
    probe.cut("waits", 1, wf.run("a").run_id("r").store_events(true).extra(probe.clone())).await;
    wf.cancel("r").await.expect("is cancelled");
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    let events: Vec<Event> = stored.events.expect("are kept").iter().map(|event| (**event).clone()).collect();
    agno::testing::grammar::check(&events, agno::testing::grammar::Extent::Whole).expect("is a sentence");
    assert_eq!(stored.status, Status::Cancelled);
}

#[step]
async fn after(ok: &bool, #[extra] probe: &Probe) -> bool {
    probe.pass("after").await;
    *ok
}

workflow! {
    OneByOne(names: Vec<String>) -> Vec<bool> {
        extra probe: Probe;
        each people |name| (limit = 1) {
            steps person { ask ok: bool = format!("Is {name} ok?"); }
            after;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_leg_that_was_dropped_before_it_came_to_all_that_is_open_is_cancelled() {
    let (wf, probe) = (OneByOne::new(), Probe::new());
    let names = vec!["a".to_owned(), "b".to_owned()];
    _ = soon(wf.run(names).run_id("r").extra(probe.clone()).store_events(true).outcome()).await.expect("waits");
    probe.cut("after", 1, wf.answer("r", "people[0]/person/ok", true)).await;
    wf.cancel("r").await.expect("is cancelled");
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    let events: Vec<Event> = stored.events.expect("are kept").iter().map(|event| (**event).clone()).collect();
    agno::testing::grammar::check(&events, agno::testing::grammar::Extent::Whole).expect("is a sentence");
}

#[tokio::test(start_paused = true)]
async fn who_holds_the_run_and_does_not_poll_it_can_cancel_it() {
    let (wf, probe) = (Plain::new(), Probe::new());
    let mut run = wf.run("a").run_id("r").extra(probe.clone()).into_future();
    tokio::select! {
        biased;
        _ = &mut run => panic!("it waits"),
        () = tokio::time::sleep(Duration::from_secs(60)) => soon(wf.cancel("r")).await.expect("is cancelled"),
    }
    assert_eq!(probe.alive(), 0);
    assert!(matches!(soon(run).await, Err(RunError::Cancelled { .. })));
}

#[tokio::test(start_paused = true)]
async fn many_cancel_at_once() {
    let (wf, probe) = (Side::new(), Probe::new());
    let handle = wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("begins");
    probe.called("waits", 1).await;
    let all = soon(futures_util::future::join_all((0..5).map(|_| wf.cancel("r")))).await;
    assert!(all.into_iter().all(|cancelled| cancelled.is_ok()));
    assert!(matches!(soon(handle.wait()).await, Err(RunError::Cancelled { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_is_dropped_has_cancelled() {
    let (wf, probe) = (Plain::new(), Probe::new());
    let run = wf.run("a").run_id("r").extra(probe.clone());
    let cancel = async {
        probe.called("waits", 1).await;
        drop(futures_util::FutureExt::now_or_never(wf.cancel("r")));
    };
    let (run, ()) = soon(futures_util::future::join(run.into_future(), cancel)).await;
    assert!(matches!(run, Err(RunError::Cancelled { .. })));
}

#[tokio::test]
async fn what_has_ended_cannot_be_cancelled() {
    let (wf, probe) = (Plain::new(), Probe::new());
    probe.open("waits");
    probe.open("other");
    wf.run("a").run_id("r").extra(probe).await.expect("completes");
    let error = wf.cancel("r").await.expect_err("has ended");
    assert!(matches!(error, RunError::Conflict { .. }), "{error}");
    assert!(error.to_string().contains("completed"), "{error}");
    assert!(matches!(wf.cancel("nowhere").await, Err(RunError::NotFound { .. })));
}

#[tokio::test(start_paused = true)]
async fn the_steps_of_a_cancelled_run_are_told() {
    let (wf, probe) = (Side::new(), Probe::new());
    probe.open("other");
    let handle = wf.run("a").extra(probe.clone()).background().await.expect("begins");
    probe.called("waits", 2).await;
    soon(handle.cancel()).await.expect("is cancelled");
    let error = soon(handle.wait()).await.expect_err("is cancelled");
    let partial = error.partial().expect("there is a run");
    assert_eq!(paths(&partial.steps), ["both/waits", "both/group/other", "both/group/waits", "both/group", "both"]);
    assert_eq!(partial.steps.at("both/waits").expect("is there").outcome(), StepOutcome::Cancelled);
    assert_eq!(partial.steps.at("both/group/other").expect("is there").outcome(), StepOutcome::Completed);
    assert_eq!((partial.status, partial.metrics.steps), (Status::Cancelled, 1));
    assert!(error.to_string().contains("was cancelled"), "{error}");
}

struct Canceller {
    wf: std::sync::OnceLock<Suicide>,
}

#[step]
impl Canceller {
    async fn run(&self, text: &str, ctx: &StepContext) -> String {
        self.wf.get().expect("is set").cancel(ctx.run_id()).await.expect("is cancelled");
        text.to_owned()
    }
}

workflow! { Suicide(text: String) -> String { use canceller: Canceller; canceller; } }

#[tokio::test(start_paused = true)]
async fn a_step_may_cancel_its_own_run() {
    let canceller = std::sync::Arc::new(Canceller { wf: std::sync::OnceLock::new() });
    let wf = Suicide::builder().canceller(std::sync::Arc::clone(&canceller)).build();
    canceller.wf.set(wf.clone()).expect("is empty");
    assert!(matches!(soon(wf.run("a")).await, Err(RunError::Cancelled { .. })));
    let handle = wf.run("a").background().await.expect("begins");
    assert!(matches!(soon(handle.wait()).await, Err(RunError::Cancelled { .. })));
}

#[step]
async fn hops(text: &str, #[extra] probe: &Probe) -> String {
    let _alive = probe.enter("hops");
    for _ in 0..5 {
        tokio::task::yield_now().await;
    }
    text.to_owned()
}

#[step]
fn works(text: &str) -> String {
    text.to_owned()
}

workflow! {
    Hops(text: String) -> String {
        extra probe: Probe;
        parallel both {
            steps one { hops; works; hops as again; }
            steps two { loop turns (max = 3) { hops; } works; }
            steps three { ask sure: bool = "Sure?"; hops(text); }
        }
        map |a, b, c| format!("{a}{b}{c}");
        hops as last;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_many_threads_every_run_ends_once_and_nothing_is_left() {
    for round in 0..60 {
        let (wf, probe) = (Hops::new(), Probe::new());
        let handle = wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("begins");
        let tasks: Vec<_> = (0..4)
            .map(|task| {
                let wf = wf.clone();
                let work = async move {
                    for _ in 0..(round * (task + 1)) % 17 {
                        tokio::task::yield_now().await;
                    }
                    match task {
                        0 => _ = wf.answer("r", "sure", true).await,
                        1 => _ = wf.resume("r").await,
                        2 if round % 3 > 0 => _ = wf.cancel("r").await,
                        _ => _ = wf.resume("r").stream().count().await,
                    }
                };
                #[expect(clippy::disallowed_methods, reason = "four callers at once")]
                tokio::spawn(work)
            })
            .collect();
        for task in tasks {
            soon(task).await.expect("does not panic");
        }
        _ = soon(handle.wait()).await;
        assert_eq!(probe.alive(), 0);
        let events: Vec<Event> = handle.events(0).await.expect("are kept").map(|event| (*event).clone()).collect().await;
        let status = handle.status().await.expect("is there");
        let extent = if status.is_terminal() { agno::testing::grammar::Extent::Whole } else { agno::testing::grammar::Extent::SoFar };
        agno::testing::grammar::check(&events, extent).unwrap_or_else(|error| panic!("{status} {error}: {:?}", lines(&events)));
        assert_eq!(events.iter().filter(|event| event.is_terminal()).count(), usize::from(status.is_terminal()));
    }
}

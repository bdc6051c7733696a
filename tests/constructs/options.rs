//! The options of a node, which override its step's: in the workflow's block, in a branch, in a loop.

use std::{io, time::Duration};

use agno::{StepErrorKind, prelude::*};
use tokio::time::Instant;

use crate::{completed, ends, failure, kind_at, told};

#[derive(Debug)]
struct Busy(u32);

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "busy {}", self.0)
    }
}

impl std::error::Error for Busy {}

fn is_early(busy: &Busy) -> bool {
    busy.0 < 3
}

fn never(_: &Busy) -> bool {
    false
}

/// Fails until the attempt that its input says.
#[step(retry = 1, backoff = "1s")]
async fn at_attempt(n: &u32, ctx: &StepContext) -> Result<u32, Busy> {
    if ctx.attempt() < *n { Err(Busy(ctx.attempt())) } else { Ok(ctx.attempt()) }
}

/// Takes as many seconds as its input says, less at every attempt.
#[step(timeout = "100s")]
async fn takes(seconds: &u32, ctx: &StepContext) -> u32 {
    tokio::time::sleep(Duration::from_secs(u64::from(seconds / ctx.attempt()))).await;
    ctx.attempt()
}

#[step]
fn other(n: &u32) -> u32 {
    n + 1000
}

workflow! { Retry(n: u32) -> u32 { at_attempt with (retry = 4, backoff = "10s", max_backoff = "20s", label = "Tries"); } }
workflow! { RetryInBranch(n: u32) -> u32 { parallel p { at_attempt with (retry = 4, backoff = "10s", max_backoff = "20s"); other; } map |a, _| *a; } }
workflow! { RetryInLoop(n: u32) -> u32 { loop l (max = 1) { at_attempt with (retry = 4, backoff = "10s", max_backoff = "20s"); } } }
workflow! { RetryInEach(n: u32) -> u32 { map |n| vec![*n]; each e { at_attempt with (retry = 4, backoff = "10s", max_backoff = "20s"); } map as first |list| list[0]; } }
workflow! { RetryInArm(n: u32) -> u32 { router r (|_| true) { _ => at_attempt with (retry = 4, backoff = "10s", max_backoff = "20s"), } } }
workflow! { NoRetry(n: u32) -> u32 { at_attempt with (retry = 0); } }

#[tokio::test(start_paused = true)]
async fn retries_and_waits_are_the_nodes() {
    macro_rules! check {
        ($($workflow:ident $path:literal)*) => {$(
            let began = Instant::now();
            let (lines, came) = told($workflow::new().run(5_u32)).await;
            let run = completed(came);
            assert_eq!((*run.content, run.steps.at($path).expect("ran").attempts()), (5, 5));
            // 10, 20, 20 and 20 seconds, or half of it.
            let took = began.elapsed();
            assert!(took >= Duration::from_secs(35) && took <= Duration::from_secs(71), "{took:?}");
            assert_eq!(lines.iter().filter(|line| **line == concat!("StepRetrying ", $path)).count(), 4);
            assert_eq!(failure($workflow::new().run(6_u32).await).attempts, 5);
        )*};
    }
    check! { Retry "at_attempt" RetryInBranch "p/at_attempt" RetryInLoop "l[0]/at_attempt" RetryInEach "e[0]/at_attempt" RetryInArm "r/at_attempt" }
    let error = failure(NoRetry::new().run(2_u32).await);
    assert_eq!((error.attempts, error.downcast_ref::<Busy>().map(|busy| busy.0)), (1, Some(1)));
}

workflow! { RetryIf(n: u32) -> u32 { at_attempt with (retry = 9, retry_if = is_early); } }
workflow! { RetryIfInBranch(n: u32) -> u32 { parallel p { at_attempt with (retry = 9, retry_if = is_early); other; } map |a, _| *a; } }
workflow! { RetryIfInLoop(n: u32) -> u32 { loop l (max = 1) { at_attempt with (retry = 9, retry_if = is_early); } } }
workflow! { RetryIfNever(n: u32) -> u32 { at_attempt with (retry = 9, retry_if = self::never); } }

#[tokio::test(start_paused = true)]
async fn retry_if_is_the_nodes() {
    assert_eq!(failure(RetryIf::new().run(100_u32).await).attempts, 3);
    assert_eq!(*RetryIf::new().run(3_u32).await.expect("runs").content, 3);
    assert_eq!(failure(RetryIfInBranch::new().run(100_u32).await).attempts, 3);
    assert_eq!(failure(RetryIfInLoop::new().run(100_u32).await).attempts, 3);
    assert_eq!(failure(RetryIfNever::new().run(100_u32).await).attempts, 1);
}

workflow! { Timeout(n: u32) -> u32 { takes with (timeout = "5s", retry = 1, backoff = "1ms"); } }
workflow! { TimeoutInBranch(n: u32) -> u32 { parallel p { takes with (timeout = "5s", retry = 1, backoff = "1ms"); other; } map |a, _| *a; } }
workflow! { TimeoutInLoop(n: u32) -> u32 { loop l (max = 1) { takes with (timeout = "5s", retry = 1, backoff = "1ms"); } } }

#[tokio::test(start_paused = true)]
async fn a_timeout_is_the_nodes_and_an_attempts() {
    macro_rules! check {
        ($($workflow:ident $path:literal)*) => {$(
            assert_eq!(*$workflow::new().run(4_u32).await.expect("runs").content, 1);
            assert_eq!(*$workflow::new().run(8_u32).await.expect("runs").content, 2);
            assert_eq!(kind_at($workflow::new().run(12_u32).await), (StepErrorKind::Timeout, $path.to_owned()));
        )*};
    }
    check! { Timeout "takes" TimeoutInBranch "p/takes" TimeoutInLoop "l[0]/takes" }
}

workflow! { Skip(n: u32) -> u32 { at_attempt with (on_error = skip); } }
workflow! { SkipInBranch(n: u32) -> u32 { parallel p { at_attempt with (on_error = skip); other; } map |a, _| *a; } }
workflow! { SkipInLoop(n: u32) -> u32 { loop l (max = 2) { at_attempt with (on_error = skip); } } }
workflow! { None(n: u32) -> Option<u32> { at_attempt with (on_error = none); } }
workflow! { NoneInBranch(n: u32) -> Option<u32> { parallel p { at_attempt with (on_error = none); other; } map |a, _| *a; } }
workflow! { NoneInLoop(n: u32) -> Option<u32> { loop l (max = 2, restart) { at_attempt with (on_error = none); } } }
workflow! { Fallback(n: u32) -> u32 { at_attempt with (on_error = fallback(other)); } }
workflow! { FallbackInBranch(n: u32) -> u32 { parallel p { at_attempt with (on_error = fallback(other)); other; } map |a, _| *a; } }
workflow! { FallbackInLoop(n: u32) -> u32 { loop l (max = 1) { at_attempt with (on_error = fallback(other)); } } }

#[tokio::test(start_paused = true)]
async fn policies_are_the_same_at_every_depth() {
    macro_rules! check {
        ($($workflow:ident $value:expr, $first:literal)*) => {$(
            let run = $workflow::new().run(9_u32).await.expect("runs");
            assert_eq!((*run.content, &*ends(&run.steps)[0]), ($value, $first));
        )*};
    }
    check! {
        Skip 9, "at_attempt: skipped, busy 2"
        SkipInBranch 9, "p/at_attempt: skipped, busy 2"
        SkipInLoop 9, "l[0]/at_attempt: skipped, busy 2"
        Fallback 1009, "at_attempt: failed, busy 2"
        FallbackInBranch 1009, "p/at_attempt: failed, busy 2"
        FallbackInLoop 1009, "l[0]/at_attempt: failed, busy 2"
    }
    macro_rules! check_none {
        ($($workflow:ident $first:literal)*) => {$(
            let run = self::$workflow::new().run(9_u32).await.expect("runs");
            assert_eq!((*run.content, &*ends(&run.steps)[0]), (Option::None, $first));
            assert_eq!(*self::$workflow::new().run(2_u32).await.expect("runs").content, Some(2));
        )*};
    }
    check_none! { None "at_attempt: failed, busy 2" NoneInBranch "p/at_attempt: failed, busy 2" NoneInLoop "l[0]/at_attempt: failed, busy 2" }
}

struct Unsteady;

#[step(retry = 1, backoff = "1ms")]
impl Unsteady {
    async fn run(&self, n: &u32, ctx: &StepContext) -> io::Result<u32> {
        if ctx.attempt() < *n { Err(io::Error::other("unsteady")) } else { Ok(*n) }
    }
}

fn is_other(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Other
}

workflow! { Executors(n: u32) -> u32 {
    use unsteady: Unsteady;
    unsteady with (retry = 5, retry_if = is_other, timeout = "1h", label = "Unsteady", history = 3);
    unsteady(n) as second with (on_error = skip);
    unsteady(n) as third with (on_error = none);
    unsteady(n) as fourth with (on_error = fallback(other));
    map |fourth| fourth + unsteady + second + third.unwrap_or(0);
} }

workflow! { FallsBackToUse(n: u32) -> u32 { use unsteady: Unsteady; use steady: Steady; unsteady with (on_error = fallback(steady)); } }

struct Steady;

#[step]
impl Steady {
    fn run(&self, n: &u32) -> u32 {
        n + 7
    }
}

#[tokio::test(start_paused = true)]
async fn executors_take_the_same_options() {
    let run = Executors::builder().unsteady(Unsteady).build().run(5_u32).await.expect("runs");
    assert_eq!(*run.content, 1005 + 5 + 5);
    assert_eq!(
        ends(&run.steps)[..5],
        ["unsteady", "second: skipped, unsteady", "third: failed, unsteady", "fourth: failed, unsteady", "fourth/fallback"]
    );
    assert_eq!((run.steps[0].attempts(), run.steps[0].label()), (5, "Unsteady".to_owned()));
    let workflow = FallsBackToUse::builder().steady(Steady).unsteady(Unsteady).build();
    assert_eq!(*workflow.run(5_u32).await.expect("runs").content, 12);
    assert_eq!(Executors::PLAN.nodes[0].options.history, Some(agno::History::Last(3)));
}

const TWICE: u32 = 2;

workflow! { Constants(n: u32) -> u32 {
    at_attempt with (retry = TWICE + 2, backoff = "1ms");
    parallel p (limit = 1 + 1) { other; other as again; }
    loop l |a, b| (max = TWICE * 2) { parallel q { other(b) as a; other(a) as b; } }
    map |a, b| a + b;
} }

#[tokio::test(start_paused = true)]
async fn numbers_are_constant_expressions() {
    assert_eq!(*Constants::new().run(5_u32).await.expect("runs").content, 2 * 5005);
}

workflow! {
    Named(n: u32) -> u32 with (name = "The workflow", id = "the-workflow", history = 2, store_events, skip_events = [StepStarted, StepOutput], retry_on_conflict = 7, durability = run) {
        other;
    }
}

workflow! { Quiet(n: u32) -> u32 with (store_events = false, history) { other; } }

#[tokio::test]
async fn a_workflow_has_options() {
    let plan = Named::PLAN;
    assert_eq!((plan.name, plan.id, plan.type_name, plan.input_name), ("The workflow", "the-workflow", "Named", "n"));
    let options = plan.options;
    assert_eq!((options.history, options.store_events, options.retry_on_conflict), (Some(agno::History::Last(2)), Some(true), 7));
    assert_eq!(options.durability, agno::Durability::Run);
    let run = Named::new().run(1_u32).await.expect("runs");
    let kept: Vec<_> = run.events.as_ref().expect("are kept").iter().map(|event| event.name().as_str()).collect();
    assert_eq!(kept, ["WorkflowStarted", "StepCompleted", "WorkflowCompleted"]);
    assert_eq!((&*run.workflow, &*run.workflow_id), ("The workflow", "the-workflow"));
    assert!(Quiet::new().run(1_u32).await.expect("runs").events.is_none());
    assert_eq!(Quiet::PLAN.options.history, Some(agno::History::All));
    // The builder overrides the workflow, a run overrides the builder.
    let workflow = Named::builder().store_events(false).name("Mine").build();
    let run = workflow.run(1_u32).await.expect("runs");
    assert!(run.events.is_none() && &*run.workflow == "Mine");
    assert!(workflow.run(1_u32).store_events(true).await.expect("runs").events.is_some());
}

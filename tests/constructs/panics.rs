//! Panics: caught wherever the user's code runs, and never retried.

use agno::{Status, StepErrorKind, prelude::*};

use crate::{completed, ends, failure, kind_at, paused, support::paths, told};

#[step(retry = 3)]
async fn in_async(n: &u32) -> u32 {
    tokio::task::yield_now().await;
    assert_ne!(*n, 1, "in async");
    *n
}

#[step(retry = 3)]
fn in_sync(n: &u32) -> u32 {
    assert_ne!(*n, 2, "in sync");
    *n
}

#[step(blocking, retry = 3)]
fn in_blocking(n: &u32) -> u32 {
    assert_ne!(*n, 3, "in blocking");
    *n
}

struct Panicker(u32);

#[step(retry = 3)]
impl Panicker {
    async fn run(&self, n: &u32) -> Result<u32, String> {
        if *n == self.0 { std::panic::panic_any(7_u8) } else { Ok(*n) }
    }
}

workflow! { Steps(n: u32) -> u32 { use panicker: Panicker; in_async; in_sync; in_blocking; panicker; } }

workflow! { Branches(n: u32) -> u32 { use panicker: Panicker; parallel all { in_async; in_sync; in_blocking; panicker; } map |a, b, c, d| a + b + c + d; } }

#[tokio::test]
async fn a_panic_fails_the_step_at_once() {
    let (alone, side_by_side) = (Steps::builder().panicker(Panicker(4)).build(), Branches::builder().panicker(Panicker(4)).build());
    for (n, path, text) in
        [(1_u32, "in_async", "in async"), (2, "in_sync", "in sync"), (3, "in_blocking", "in blocking"), (4, "panicker", "without text")]
    {
        let error = failure(alone.run(n).await);
        assert_eq!((error.kind, &*error.path, error.attempts), (StepErrorKind::Panic, path, 1));
        assert!(error.message.contains(text), "{}", error.message);
        assert!(error.to_string().contains("panicked"), "{error}");
        let error = failure(side_by_side.run(n).await);
        assert_eq!((error.kind, error.path, error.attempts), (StepErrorKind::Panic, format!("all/{path}"), 1));
    }
    // The values are whole after that.
    assert_eq!(*alone.run(5_u32).await.expect("runs").content, 5);
    assert_eq!(*side_by_side.run(5_u32).await.expect("runs").content, 20);
    let (lines, _) = told(alone.run(2_u32)).await;
    assert_eq!(lines[lines.len() - 2..], ["StepError in_sync", "WorkflowError"]);
}

#[step]
fn double(n: &u32) -> u32 {
    n * 2
}

#[step]
fn broken(n: &u32) -> bool {
    assert_ne!(*n, 1, "broken");
    *n > 100
}

fn twice(n: u32) -> u32 {
    assert_ne!(n, 1, "twice");
    n * 2
}

fn flag(n: u32) -> bool {
    assert_ne!(n, 1, "flag");
    n > 100
}

workflow! { Predicate(n: u32) -> u32 { condition c (broken) { double; } } }
workflow! { ClosurePredicate(n: u32) -> u32 { condition c (|n| flag(*n)) { double; } } }
workflow! { Until(n: u32) -> u32 { loop l (max = 3, until = broken(n)) { double; } } }
workflow! { ClosureUntil(n: u32) -> u32 { loop l (max = 3, until = |_| flag(*n)) { double; } } }
workflow! { Selector(n: u32) -> u32 { router r (broken) { _ => double } } }
workflow! { ClosureSelector(n: u32) -> u32 { router r (|n| twice(*n)) { _ => double } } }
workflow! { Argument(n: u32) -> u32 { double(twice(*n)); } }
workflow! { InMap(n: u32) -> u32 { map |n| twice(*n); } }
workflow! { InEach(n: u32) -> Vec<u32> { map |n| vec![3, *n, 4]; each all |item| { double(twice(*item)); } } }
workflow! { Inner(n: u32) -> u32 { in_async; } }
workflow! { Nested(n: u32) -> u32 { Inner; } }

#[tokio::test]
async fn a_panic_in_any_code_has_its_path() {
    macro_rules! at {
        ($($workflow:ident $path:literal)*) => {$(
            assert_eq!(kind_at($workflow::new().run(1_u32).await), (StepErrorKind::Panic, $path.to_owned()));
            assert!($workflow::new().run(5_u32).await.is_ok());
        )*};
    }
    at! {
        Predicate "c/if" ClosurePredicate "c/if" Until "l[0]/until" ClosureUntil "l[0]/until" Selector "r/select" ClosureSelector "r/select"
        Argument "double" InMap "map" InEach "all[1]/double" Nested "inner/in_async"
    }
}

workflow! { Guard(n: u32) -> u32 { steps group { router r (|n| *n) { n if flag(*n) => double(n), _ => double as other } } } }
workflow! { GuardInBranch(n: u32) -> u32 { parallel both { router r (|n| *n) { n if flag(*n) => double(n), _ => double as other } steps long { sleep "1h"; } } map |a, b| a + b; } }
workflow! { Question(n: u32) -> u32 { ask more: u32 = format!("{}", twice(*n)); } }

#[tokio::test(start_paused = true)]
async fn a_panic_outside_of_steps_fails_the_run() {
    for came in [told(Guard::new().run(1_u32)).await, told(GuardInBranch::new().run(1_u32)).await, told(Question::new().run(1_u32)).await] {
        let (lines, came) = came;
        assert_eq!(lines.last().map(String::as_str), Some("WorkflowError"));
        assert_eq!(kind_at(came).0, StepErrorKind::Panic);
    }
    assert_eq!(*Guard::new().run(5_u32).await.expect("runs").content, 10);
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Fragile(u32);

impl Default for Fragile {
    fn default() -> Self {
        panic!("no first state")
    }
}

#[step]
fn fragile(n: &u32, state: &mut Fragile) -> u32 {
    state.0 += n;
    state.0
}

workflow! { FirstState(n: u32) -> u32 { state fragile: Fragile; fragile; } }

#[tokio::test]
async fn a_first_state_may_panic() {
    let workflow = FirstState::new();
    let error = workflow.run(1_u32).session("s").await.expect_err("fails");
    assert!(error.to_string().contains("no first state"), "{error}");
    assert_eq!(error.status(), Some(Status::Failed));
    assert_eq!(*workflow.run(1_u32).session("s").state(Fragile(4)).await.expect("runs").content, 5);
}

workflow! { Tolerated(n: u32) -> u32 {
    in_async with (on_error = skip);
    in_async as other with (on_error = none);
    in_async(n) as third with (on_error = fallback(double));
    steps group (on_error = skip) { in_async(n); }
    parallel both (on_error = collect) { in_async(n) as a; double; }
    map |a, b| a.is_err() as u32 + b.as_ref().map_or(0, |b| *b) + other.unwrap_or(100);
} }

#[tokio::test]
async fn policies_hold_for_panics() {
    let run = Tolerated::new().run(1_u32).await.expect("runs");
    // 1 (a failed) + 4 (2 * 2) + 100
    assert_eq!(*run.content, 105);
    assert!(ends(&run.steps)[0].starts_with("in_async: skipped, "), "{:?}", ends(&run.steps));
    assert!(paths(&run.steps).contains(&"third/fallback".to_owned()));
}

workflow! { WithDefault(n: u32) -> u32 { ask more: u32 = "More?" with (timeout = "1h", default = twice(*n)); } }

#[tokio::test(start_paused = true)]
async fn a_default_may_panic() {
    let workflow = WithDefault::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    tokio::time::advance(std::time::Duration::from_secs(3601)).await;
    let (lines, came) = told(workflow.resume(waits.run_id())).await;
    assert_eq!(kind_at(came).0, StepErrorKind::Panic);
    assert_eq!(lines.last().map(String::as_str), Some("WorkflowError"));
}

#[step]
fn panics_once(n: &u32, state: &mut Calls) -> u32 {
    state.0 += 1;
    n + state.0
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Calls(u32);

workflow! { Resumed(n: u32) -> u32 { state calls: Calls; panics_once; in_async; panics_once as again; } }

#[tokio::test]
async fn a_run_goes_on_after_a_panic() {
    let workflow = Resumed::new();
    let error = workflow.run(0_u32).session("s").await.expect_err("fails");
    let run_id = error.run_id().expect("there is a run").to_owned();
    assert_eq!(kind_at(workflow.resume(&*run_id).await), (StepErrorKind::Panic, "in_async".to_owned()));
    let (lines, came) = told(workflow.run(1_u32).session("s")).await;
    assert_eq!((*completed(came).content, lines.len()), (6, 11));
}

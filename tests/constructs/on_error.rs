//! `on_error`: every policy on every kind of node. That a person decides has files of its own: `pause`, `decisions`, `once`.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use agno::{StepErrorKind, prelude::*};

use crate::{completed, ends, kind_at, paused, told};

/// Fails so many times, and then gives its input.
#[derive(Default)]
pub(crate) struct Times {
    pub(crate) left: AtomicU32,
    calls: AtomicU32,
}

impl Times {
    pub(crate) fn failing(times: u32) -> Arc<Self> {
        Arc::new(Self { left: AtomicU32::new(times), calls: AtomicU32::new(0) })
    }

    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(SeqCst)
    }
}

#[step]
impl Times {
    pub(crate) async fn run(&self, n: &u32) -> Result<u32, String> {
        self.calls.fetch_add(1, SeqCst);
        let failed = self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        if failed.is_ok() { Err("broken".into()) } else { Ok(n + 1) }
    }
}

#[step]
pub(crate) fn double(n: &u32) -> u32 {
    n * 2
}

#[step]
fn text(n: &u32) -> String {
    format!("<{n}>")
}

#[step]
fn fails(n: &u32) -> Result<u32, String> {
    Err(format!("no {n}"))
}

#[step]
pub(crate) fn fails_as_text(n: &u32) -> Result<String, String> {
    Err(format!("no {n}"))
}

// ------------------------------------------------------------------------------------------------ fail

workflow! { Fail(n: u32) -> u32 { double; fails with (on_error = fail); double as after; } }

#[tokio::test]
async fn fail_is_what_happens_anyway() {
    let (lines, came) = told(Fail::new().run(1_u32)).await;
    assert_eq!(lines[4..], ["StepStarted fails", "StepError fails", "WorkflowError"]);
    assert_eq!(kind_at(came), (StepErrorKind::Error, "fails".to_owned()));
}

// ------------------------------------------------------------------------------------------------ skip

workflow! { Skip(n: u32) -> u32 { double; fails with (on_error = skip); fails(*n + 100) as second with (on_error = skip); double as after; } }

#[tokio::test]
async fn skip_lets_the_value_before_pass() {
    let (lines, came) = told(Skip::new().run(1_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 4);
    assert_eq!(ends(&run.steps), ["double", "fails: skipped, no 2", "second: skipped, no 101", "after"]);
    assert_eq!(lines[4..6], ["StepStarted fails", "StepSkipped fails"]);
    assert_eq!(run.steps.at("fails").expect("ran").content().expect("writes"), None);
}

workflow! {
    SkipContainers(n: u32) -> u32 {
        steps group (on_error = skip) { double; fails; }
        condition yes (|_| true, on_error = skip) { double; fails; }
        loop again (max = 3, on_error = skip) { double; fails; }
        router way (|_| true, on_error = skip) { true => { double; fails; } false => double }
        each_of;
        each all (on_error = skip) { fails; }
        map |list| list.iter().sum::<u32>();
    }
}

#[step]
fn each_of(n: &u32) -> Vec<u32> {
    vec![*n; 3]
}

#[tokio::test]
async fn containers_are_skipped_as_a_whole() {
    let (_, came) = told(SkipContainers::new().run(5_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 15);
    let skipped: Vec<_> = ends(&run.steps).into_iter().filter(|end| end.contains("skipped")).collect();
    assert_eq!(
        skipped,
        ["group: skipped, no 10", "yes: skipped, no 10", "again: skipped, no 10", "way: skipped, no 10", "all: skipped, no 5"]
    );
}

workflow! {
    SkipSeveral(n: u32) -> u32 {
        parallel both { double; text; }
        parallel again (on_error = skip) { fails(n) as a; fails_as_text(n) as b; }
        condition yes (|_, _| true, on_error = skip) { parallel inner { fails(n) as a; text(n); } }
        map |n, text| n * 100 + text.len() as u32;
    }
}

#[tokio::test]
async fn several_values_pass() {
    let run = SkipSeveral::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, 203);
    assert!(ends(&run.steps).contains(&"again: skipped, no 1".to_owned()));
}

// ------------------------------------------------------------------------------------------------ none

workflow! {
    Nones(n: u32) -> Vec<Option<u32>> {
        use times: Times;
        fails with (on_error = none);
        double(n) as fine with (on_error = none);
        times(n) as executor with (on_error = none);
        Fail(n) as nested with (on_error = none);
        steps group (on_error = none) { double(n); fails; }
        condition yes (|_| true, on_error = none) { fails(n); } else { double(n); }
        map as start |_| *n;
        loop again (max = 2, on_error = none) { fails; }
        router way (|_| true, on_error = none) { _ => double(n) }
        map |_| vec![*fails, *fine, *executor, *nested, *group, *yes, *again, *way];
    }
}

#[tokio::test]
async fn none_makes_the_value_an_option() {
    let run = Nones::builder().times(Times::failing(9)).build().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, [None, Some(2), None, None, None, None, None, Some(2)]);
    assert_eq!(
        ends(&run.steps)[..6],
        ["fails: failed, no 1", "fine", "executor: failed, broken", "nested/double", "nested/fails: failed, no 2", "nested: failed, no 2"]
    );
}

workflow! { NoneOfSeveral(n: u32) -> Option<(u32, String)> { steps group (on_error = none) { parallel both { double; condition big (|n| *n > 5) { fails; } } parallel two { map as a |a, _| *a; map as b |_, b| b.to_string(); } } } }

#[tokio::test]
async fn several_values_are_an_option_of_a_tuple() {
    assert_eq!(*NoneOfSeveral::new().run(2_u32).await.expect("runs").content, Some((4, "2".to_owned())));
    assert_eq!(*NoneOfSeveral::new().run(7_u32).await.expect("runs").content, None);
}

workflow! { NoneInBranches(n: u32) -> u32 {
    parallel both { fails with (on_error = none); steps group (on_error = none) { double; } each_of with (on_error = none); }
    map |a, b, c| a.map_or(1, |_| 0) + b.unwrap_or(0) + c.as_ref().map_or(0, |list| list.len() as u32);
} }

#[tokio::test]
async fn branches_may_be_none() {
    assert_eq!(*NoneInBranches::new().run(1_u32).await.expect("runs").content, 6);
}

// ------------------------------------------------------------------------------------------------ fallback

#[step(retry = 1, backoff = "1ms")]
async fn second_try(n: &u32, ctx: &StepContext) -> Result<u32, String> {
    if ctx.attempt() == 1 || *n > 100 { Err(format!("not {n} either")) } else { Ok(n + 7) }
}

workflow! { Fallback(n: u32) -> u32 {
    fails with (on_error = fallback(second_try));
    fails(*n + 1, ) as other with (on_error = fallback(double));
    double(other) as fine with (on_error = fallback(fails));
    steps group { fails with (on_error = fallback(self::double)); }
} }

#[tokio::test(start_paused = true)]
async fn fallback_runs_another_step_with_the_same_arguments() {
    let (lines, came) = told(Fallback::new().run(1_u32)).await;
    let run = completed(came);
    // 8; 4; 8; 16
    assert_eq!(*run.content, 16);
    assert_eq!(
        ends(&run.steps),
        [
            "fails: failed, no 1",
            "fails/fallback",
            "other: failed, no 2",
            "other/fallback",
            "fine",
            "group/fails: failed, no 8",
            "group/fails/fallback",
            "group",
        ]
    );
    assert_eq!(
        lines[1..6],
        [
            "StepStarted fails",
            "StepError fails",
            "StepStarted fails/fallback",
            "StepRetrying fails/fallback",
            "StepCompleted fails/fallback"
        ]
    );
    assert_eq!(kind_at(Fallback::new().run(101_u32).await).1, "fails/fallback");
}

workflow! { FallbackThenAsk(n: u32) -> u32 { use times: Times; use other: Times; times with (on_error = fallback(other)); ask more: u32 = "More?"; map |more| more + times; } }

#[tokio::test]
async fn a_next_leg_finds_the_fallback() {
    let (times, other) = (Times::failing(1), Times::failing(0));
    let workflow = FallbackThenAsk::builder().times(Arc::clone(&times)).other(Arc::clone(&other)).build();
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert_eq!(*workflow.answer(waits.run_id(), "more", 10_u32).await.expect("goes on").content, 12);
    assert_eq!((times.calls(), other.calls()), (1, 1));
}

// ------------------------------------------------------------------------------------------------ tolerated, and a next leg

workflow! { Legs(n: u32) -> u32 {
    use times: Times;
    times with (on_error = skip);
    steps group (on_error = skip) { times(n); }
    times as second with (on_error = none);
    parallel both (on_error = collect) { times(n) as a; times(n) as b; }
    ask more: u32 = "More?";
    map |more| more + times + second.unwrap_or(100) + both.a.as_ref().map_or(1000, |_| 0);
} }

#[tokio::test]
async fn what_was_tolerated_is_not_tried_again_by_a_next_leg() {
    let times = Times::failing(4);
    let workflow = Legs::builder().times(Arc::clone(&times)).build();
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert_eq!(times.calls(), 5);
    let (lines, came) = told(workflow.answer(waits.run_id(), "more", 0_u32)).await;
    let run = completed(came);
    assert_eq!((*run.content, times.calls()), (1101, 5));
    assert_eq!(lines, ["WorkflowContinued", "StepContinued more", "StepStarted map", "StepCompleted map", "WorkflowCompleted"]);
}

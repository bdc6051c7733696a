//! `on_error`: every policy on every kind of node.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use agno::{ErrorDecision, Status, StepErrorKind, prelude::*};
use serde_json::json;

use crate::{completed, ends, kind_at, paused, questions, support::paths, told};

/// Fails so many times, and then gives its input.
#[derive(Default)]
struct Times {
    left: AtomicU32,
    calls: AtomicU32,
}

impl Times {
    fn failing(times: u32) -> Arc<Self> {
        Arc::new(Self { left: AtomicU32::new(times), calls: AtomicU32::new(0) })
    }

    fn calls(&self) -> u32 {
        self.calls.load(SeqCst)
    }
}

#[step]
impl Times {
    async fn run(&self, n: &u32) -> Result<u32, String> {
        self.calls.fetch_add(1, SeqCst);
        let failed = self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
        if failed.is_ok() { Err("broken".into()) } else { Ok(n + 1) }
    }
}

#[step]
fn double(n: &u32) -> u32 {
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
fn fails_as_text(n: &u32) -> Result<String, String> {
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

// ------------------------------------------------------------------------------------------------ pause

workflow! { Pause(n: u32) -> u32 { use times: Times; double; times with (on_error = pause, retry = 1, backoff = "1ms"); double as after; } }

#[tokio::test(start_paused = true)]
async fn pause_asks_a_person_who_may_retry() {
    let times = Times::failing(4);
    let workflow = Pause::builder().times(Arc::clone(&times)).build();
    let (lines, came) = told(workflow.run(1_u32)).await;
    let waits = paused(came);
    assert_eq!((questions(&waits), times.calls()), (vec!["times/error"], 2));
    assert_eq!(lines[4..], ["StepStarted times", "StepRetrying times", "StepPaused times/error", "WorkflowPaused"]);
    let question = &waits.questions()[0];
    assert!(question.text.contains("broken") && question.text.contains("`times`"), "{}", question.text);
    assert_eq!(&*question.type_name, "ErrorDecision");
    // Fresh attempts, which fail too: a new question.
    let (lines, came) = told(workflow.answer(waits.run_id(), "times/error", ErrorDecision::Retry)).await;
    let waits = paused(came);
    assert_eq!((questions(&waits).len(), times.calls()), (1, 4));
    assert_eq!(lines[..3], ["WorkflowContinued", "StepContinued times/error", "StepRetrying times"]);
    let path = waits.questions()[0].path.clone();
    let (lines, came) = told(workflow.answer(waits.run_id(), path, ErrorDecision::Retry)).await;
    let run = completed(came);
    assert_eq!((*run.content, times.calls()), (6, 5));
    assert_eq!(lines[2..5], ["StepRetrying times", "StepOutput times", "StepCompleted times"]);
    assert!(run.steps.at("times").is_some_and(|step| step.outcome() == agno::StepOutcome::Completed));
}

#[tokio::test(start_paused = true)]
async fn a_person_may_skip_or_let_it_fail() {
    let times = Times::failing(100);
    let workflow = Pause::builder().times(Arc::clone(&times)).build();
    let waits = paused(workflow.run(1_u32).outcome().await);
    let (lines, came) = told(workflow.answer(waits.run_id(), "error", ErrorDecision::Skip)).await;
    let run = completed(came);
    assert_eq!((*run.content, times.calls()), (4, 2));
    assert_eq!(lines[..3], ["WorkflowContinued", "StepContinued times/error", "StepSkipped times"]);
    let waits = paused(workflow.run(1_u32).outcome().await);
    let (lines, came) = told(workflow.answer_json(waits.run_id(), "times/error", "fail")).await;
    assert_eq!(kind_at(came), (StepErrorKind::Error, "times".to_owned()));
    assert_eq!(lines, ["WorkflowContinued", "StepContinued times/error", "StepError times", "WorkflowError"]);
    let stored = workflow.get_run(waits.run_id()).await.expect("reads").expect("is there");
    assert_eq!(stored.status, Status::Failed);
    // A failed run can be resumed, whoever let it fail: fresh attempts, and what was decided stands.
    assert_eq!(kind_at(told(workflow.resume(waits.run_id())).await.1), (StepErrorKind::Error, "times".to_owned()));
    assert_eq!(times.calls(), 6);
    times.left.store(1, SeqCst);
    assert_eq!(*completed(told(workflow.resume(waits.run_id())).await.1).content, 6);
    assert_eq!(times.calls(), 8);
}

workflow! { PauseOther(n: u32) -> String { fails_as_text with (on_error = pause); } }

#[tokio::test]
async fn skip_is_offered_only_where_the_types_agree() {
    let workflow = PauseOther::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert_eq!(waits.questions()[0].schema["enum"], json!(["retry", "fail"]));
    let error = workflow.answer(waits.run_id(), "error", ErrorDecision::Skip).await.expect_err("is refused");
    assert!(matches!(error, RunError::InvalidAnswer { .. }), "{error}");
    assert_eq!(kind_at(workflow.answer(waits.run_id(), "error", ErrorDecision::Fail).await).1, "fails_as_text");
}

workflow! { Inner(n: u32) -> u32 { use times: Times; double; times; } }

workflow! {
    PauseNested(n: u32) -> u32 { use inner: Inner; inner with (on_error = pause); double; }
}

workflow! { PauseSteps(n: u32) -> u32 { use times: Times; steps group (on_error = pause) { double; times; } double; } }
workflow! { PauseCondition(n: u32) -> u32 { use times: Times; condition group (|_| true, on_error = pause) { double; times; } double; } }
workflow! { PauseLoop(n: u32) -> u32 { use times: Times; loop group (max = 1, on_error = pause) { double; times; } double; } }
workflow! { PauseRouter(n: u32) -> u32 { use times: Times; router group (|_| true, on_error = pause) { _ => { double; times; } } double; } }
workflow! { PauseEach(n: u32) -> u32 { use times: Times; map as list |n| vec![*n]; each group (on_error = pause) { double; times; } map as only |list| list[0]; double; } }
workflow! { PauseParallel(n: u32) -> u32 { use times: Times; parallel group (on_error = pause) { steps one { double; times; } double; } map |a, _| *a; double as after; } }

#[tokio::test]
async fn a_person_may_retry_a_container_or_a_nested_workflow() {
    macro_rules! check {
        ($($workflow:ident)*) => {$(
            let times = Times::failing(2);
            let workflow = $workflow::builder().times(Arc::clone(&times)).build();
            let (_, came) = told(workflow.run(1_u32)).await;
            let waits = paused(came);
            assert_eq!(questions(&waits), ["group/error"], stringify!($workflow));
            let (lines, came) = told(workflow.answer(waits.run_id(), "error", ErrorDecision::Retry)).await;
            let waits = paused(came);
            assert_eq!((waits.questions().len(), times.calls()), (1, 2), "{} {lines:?}", stringify!($workflow));
            let path = waits.questions()[0].path.clone();
            let run = completed(told(workflow.answer(waits.run_id(), path, ErrorDecision::Retry)).await.1);
            assert_eq!((*run.content, times.calls()), (6, 3), stringify!($workflow));
        )*};
    }
    check! { PauseSteps PauseCondition PauseLoop PauseRouter PauseEach PauseParallel }
    let times = Times::failing(1);
    let workflow = PauseNested::builder().inner(Inner::builder().times(Arc::clone(&times)).build()).build();
    let (_, came) = told(workflow.run(1_u32)).await;
    let waits = paused(came);
    assert_eq!(questions(&waits), ["inner/error"]);
    let run = completed(told(workflow.answer(waits.run_id(), "error", ErrorDecision::Retry)).await.1);
    assert_eq!((*run.content, times.calls()), (6, 2));
}

#[tokio::test]
async fn a_person_may_skip_a_container_or_let_it_fail() {
    macro_rules! check {
        ($($workflow:ident $value:literal)*) => {$(
            let times = Times::failing(100);
            let workflow = $workflow::builder().times(Arc::clone(&times)).build();
            let waits = paused(workflow.run(1_u32).outcome().await);
            let (lines, came) = told(workflow.answer(waits.run_id(), "error", ErrorDecision::Skip)).await;
            assert_eq!(*completed(came).content, $value, "{} {lines:?}", stringify!($workflow));
            let waits = paused(workflow.run(1_u32).outcome().await);
            let (lines, came) = told(workflow.answer(waits.run_id(), "error", ErrorDecision::Fail)).await;
            assert!(kind_at(came).1.ends_with("/times"), "{} {lines:?}", stringify!($workflow));
            assert_eq!(times.calls(), 2, stringify!($workflow));
        )*};
    }
    check! { PauseSteps 2 PauseCondition 2 PauseLoop 2 PauseRouter 2 PauseEach 2 }
    let times = Times::failing(100);
    let workflow = PauseNested::builder().inner(Inner::builder().times(Arc::clone(&times)).build()).build();
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert_eq!(*completed(told(workflow.answer(waits.run_id(), "error", ErrorDecision::Skip)).await.1).content, 2);
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert_eq!(kind_at(told(workflow.answer(waits.run_id(), "error", ErrorDecision::Fail)).await.1).1, "inner/times");
    // Two values came out of it, one went in: there is nothing to skip to.
    let workflow = PauseParallel::builder().times(Times::failing(100)).build();
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert_eq!(waits.questions()[0].schema["enum"], json!(["retry", "fail"]));
    assert_eq!(kind_at(told(workflow.answer(waits.run_id(), "error", ErrorDecision::Fail)).await.1).1, "group/one/times");
}

workflow! {
    PauseDeep(n: u32) -> u32 {
        use times: Times;
        parallel both {
            times with (on_error = pause);
            steps group { ask more: u32 = "More?"; times with (on_error = pause); }
            map as items |n| vec![*n, *n];
        }
        map as list |_, _, list| list.clone();
        each all { times with (on_error = pause); }
        loop again |list| (max = 1) { map as n |list| list.len() as u32; times with (on_error = pause); map |_| list.clone(); }
        map |list| list.iter().sum::<u32>() + both.times + both.group;
    }
}

#[tokio::test]
async fn decisions_are_made_at_every_depth() {
    let times = Times::failing(1);
    let workflow = PauseDeep::builder().times(Arc::clone(&times)).build();
    let waits = paused(told(workflow.run(1_u32)).await.1);
    assert_eq!(questions(&waits), ["both/times/error", "both/group/more"]);
    times.left.store(1, SeqCst);
    let waits = paused(told(workflow.answer(waits.run_id(), "more", 5_u32)).await.1);
    assert_eq!(questions(&waits), ["both/times/error", "both/group/times/error"]);
    let waits = paused(told(workflow.answer(waits.run_id(), "both/group/times/error", ErrorDecision::Skip)).await.1);
    assert_eq!(questions(&waits), ["both/times/error"]);
    times.left.store(3, SeqCst);
    // Fails once more, then it is skipped.
    let waits = paused(told(workflow.answer(waits.run_id(), "both/times/error", ErrorDecision::Retry)).await.1);
    let path = waits.questions()[0].path.clone();
    let waits = paused(told(workflow.answer(waits.run_id(), path, ErrorDecision::Skip)).await.1);
    assert_eq!(questions(&waits), ["all[0]/times/error", "all[1]/times/error"]);
    let waits = paused(told(workflow.answer(waits.run_id(), "all[1]/times/error", ErrorDecision::Retry)).await.1);
    times.left.store(1, SeqCst);
    let waits = paused(told(workflow.answer(waits.run_id(), "all[0]/times/error", ErrorDecision::Skip)).await.1);
    assert_eq!(questions(&waits), ["again[0]/times/error"]);
    let run = completed(told(workflow.answer(waits.run_id(), "error", ErrorDecision::Skip)).await.1);
    // all: 1 (skipped) and 2; times 1 (skipped), group 5 (skipped)
    assert_eq!(*run.content, 9);
    assert!(paths(&run.steps).contains(&"both/group/times/error".to_owned()));
}

workflow! { PausePanics(n: u32) -> u32 { panics with (on_error = pause); slow(*n) with (on_error = pause); double; } }

static PANICS: AtomicU32 = AtomicU32::new(1);

#[step]
fn panics(n: &u32) -> u32 {
    assert_eq!(PANICS.swap(0, SeqCst), 0, "panicked once");
    *n
}

static SLOW: AtomicU32 = AtomicU32::new(0);

#[step(timeout = "1s")]
async fn slow(n: u32, ctx: &StepContext) -> u32 {
    // A retry has fresh attempts.
    assert_eq!(ctx.attempt(), 1);
    if SLOW.fetch_add(1, SeqCst) == 0 {
        std::future::pending().await
    }
    n
}

#[tokio::test(start_paused = true)]
async fn panics_and_timeouts_are_decided_as_well() {
    let workflow = PausePanics::new();
    let waits = paused(told(workflow.run(1_u32)).await.1);
    assert_eq!(questions(&waits), ["panics/error"]);
    assert!(waits.questions()[0].text.contains("panicked once"), "{}", waits.questions()[0].text);
    let waits = paused(told(workflow.answer(waits.run_id(), "error", ErrorDecision::Retry)).await.1);
    assert_eq!(questions(&waits), ["slow/error"]);
    let run = completed(told(workflow.answer(waits.run_id(), "error", ErrorDecision::Retry)).await.1);
    assert_eq!(*run.content, 2);
}

// ------------------------------------------------------------------------------------------------ effect = once

struct Pays {
    begun: tokio::sync::Notify,
    calls: AtomicU32,
}

#[step(effect = once)]
impl Pays {
    async fn run(&self, n: &u32) -> u32 {
        if self.calls.fetch_add(1, SeqCst) == 0 {
            self.begun.notify_one();
            std::future::pending::<()>().await;
        }
        n + 1
    }
}

workflow! { Paying(n: u32) -> u32 { use pays: Pays; double; pays; double as after; } }

workflow! { PayingOrNot(n: u32) -> u32 { use pays: Pays; double; pays with (on_error = pause); double as after; } }

#[tokio::test]
async fn a_cut_step_that_must_run_once_asks_a_person() {
    let pays = Arc::new(Pays { begun: tokio::sync::Notify::new(), calls: AtomicU32::new(0) });
    macro_rules! cut {
        ($workflow:expr, $run:expr) => {
            tokio::select! {
                came = $run => panic!("{came:?}"),
                () = pays.begun.notified() => {}
            }
        };
    }
    macro_rules! check {
        ($($workflow:ident $decision:ident $value:expr, $calls:literal;)*) => {$(
            pays.calls.store(0, SeqCst);
            let workflow = $workflow::builder().pays(Arc::clone(&pays)).build();
            // The future is dropped: nobody knows how far the step came.
            cut!(workflow, workflow.run(1_u32).run_id("r").into_future());
            let (lines, came) = told(workflow.resume("r")).await;
            let waits = paused(came);
            assert_eq!((questions(&waits), pays.calls.load(SeqCst)), (vec!["pays/error"], 1));
            assert_eq!(lines, ["WorkflowContinued", "StepPaused pays/error", "WorkflowPaused"]);
            assert!(waits.questions()[0].text.contains("cut"), "{}", waits.questions()[0].text);
            assert_eq!(ends(&waits.partial().steps)[1], "pays: failed, must run once, and an attempt was cut: look whether it took effect");
            // Nothing changes as long as nobody answers.
            assert_eq!(questions(&paused(workflow.resume("r").outcome().await)), ["pays/error"]);
            let came = told(workflow.answer("r", "error", ErrorDecision::$decision)).await.1;
            match $value {
                Some(value) => assert_eq!(*completed(came).content, value),
                None => assert_eq!(kind_at(came), (StepErrorKind::Cut, "pays".to_owned())),
            }
            assert_eq!(pays.calls.load(SeqCst), $calls);
        )*};
    }
    check! {
        Paying Retry Some(6), 2;
        Paying Fail Option::<u32>::None, 1;
        PayingOrNot Retry Some(6), 2;
        PayingOrNot Skip Some(4), 1;
        PayingOrNot Fail Option::<u32>::None, 1;
    }
    // Only the node's own policy knows what there is to skip to.
    pays.calls.store(0, SeqCst);
    let workflow = Paying::builder().pays(Arc::clone(&pays)).build();
    cut!(workflow, workflow.run(1_u32).run_id("r").into_future());
    let waits = paused(workflow.resume("r").outcome().await);
    assert_eq!(waits.questions()[0].schema["enum"], json!(["retry", "fail"]));
    // A second cut asks again, and does not take the first answer for its own.
    pays.calls.store(0, SeqCst);
    cut!(workflow, workflow.answer("r", "error", ErrorDecision::Retry).into_future());
    let waits = paused(told(workflow.resume("r")).await.1);
    assert_eq!((questions(&waits), pays.calls.load(SeqCst)), (vec!["pays/error~2"], 1));
    let run = completed(told(workflow.answer("r", "pays/error~2", ErrorDecision::Retry)).await.1);
    assert_eq!((*run.content, pays.calls.load(SeqCst)), (6, 2));
}

workflow! { PausesTwice(n: u32) -> u32 { use cuts: Cuts; cuts with (on_error = pause); } }

struct Cuts {
    begun: tokio::sync::Notify,
    calls: AtomicU32,
}

/// Fails, is cut, fails, succeeds.
#[step]
impl Cuts {
    async fn run(&self, n: &u32) -> Result<u32, String> {
        match self.calls.fetch_add(1, SeqCst) {
            0 => Err("first".into()),
            1 => {
                self.begun.notify_one();
                std::future::pending().await
            }
            2 => Err("second".into()),
            _ => Ok(*n),
        }
    }
}

#[tokio::test]
async fn a_crash_does_not_make_an_answer_count_twice() {
    let cuts = Arc::new(Cuts { begun: tokio::sync::Notify::new(), calls: AtomicU32::new(0) });
    let workflow = PausesTwice::builder().cuts(Arc::clone(&cuts)).build();
    let waits = paused(workflow.run(1_u32).run_id("r").outcome().await);
    assert!(waits.questions()[0].text.contains("first"));
    tokio::select! {
        came = workflow.answer("r", "error", ErrorDecision::Retry).into_future() => panic!("{came:?}"),
        () = cuts.begun.notified() => {}
    }
    // The attempt that was cut runs again by itself; its failure is a new question.
    let waits = paused(told(workflow.resume("r")).await.1);
    assert!(waits.questions()[0].text.contains("second"), "{}", waits.questions()[0].text);
    assert_eq!((questions(&waits), cuts.calls.load(SeqCst)), (vec!["cuts/error~2"], 3));
    let run = completed(told(workflow.answer("r", "cuts/error~2", ErrorDecision::Retry)).await.1);
    assert_eq!(*run.content, 1);
}

#[tokio::test]
async fn the_decision_is_a_public_type() {
    assert_eq!(serde_json::to_value(ErrorDecision::Skip).expect("writes"), "skip");
    assert_eq!(serde_json::from_value::<ErrorDecision>(json!("retry")).expect("reads"), ErrorDecision::Retry);
}

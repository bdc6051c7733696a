//! `on_error = pause`: a person decides, on every kind of node.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use agno::{ErrorDecision, Status, StepErrorKind, prelude::*};
use serde_json::json;

use crate::{
    completed, kind_at,
    on_error::{Times, double, fails_as_text},
    paused, questions,
    support::paths,
    told,
};

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
    // A failed run can be resumed, whoever let it fail: fresh attempts, and if they fail as well, a new question.
    let (lines, came) = told(workflow.resume(waits.run_id())).await;
    let waits = paused(came);
    assert_eq!((questions(&waits), times.calls()), (vec!["times/error~2"], 6));
    assert_eq!(lines, ["WorkflowContinued", "StepStarted times", "StepRetrying times", "StepPaused times/error~2", "WorkflowPaused"]);
    let failed = workflow.answer(waits.run_id(), "error~2", ErrorDecision::Fail).await;
    assert_eq!(kind_at(failed), (StepErrorKind::Error, "times".to_owned()));
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

#[tokio::test]
async fn the_decision_is_a_public_type() {
    assert_eq!(serde_json::to_value(ErrorDecision::Skip).expect("writes"), "skip");
    assert_eq!(serde_json::from_value::<ErrorDecision>(json!("retry")).expect("reads"), ErrorDecision::Retry);
}

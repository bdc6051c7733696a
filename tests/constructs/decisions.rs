//! Which failure an answer belongs to, under `on_error = pause`: the one that it was asked about, whatever comes after it.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use agno::{ErrorDecision, prelude::*};

use crate::{
    completed, ends, failure, kind_at,
    on_error::{Times, double},
    paused, questions, told,
};

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

workflow! { CutInside(n: u32) -> u32 { use cuts: Cuts; loop group (max = 1, on_error = pause) { double; cuts; } } }

#[tokio::test]
async fn nor_in_a_container() {
    let cuts = Arc::new(Cuts { begun: tokio::sync::Notify::new(), calls: AtomicU32::new(0) });
    let workflow = CutInside::builder().cuts(Arc::clone(&cuts)).build();
    assert_eq!(questions(&paused(workflow.run(1_u32).run_id("r").outcome().await)), ["group/error"]);
    tokio::select! {
        came = workflow.answer("r", "error", ErrorDecision::Retry).into_future() => panic!("{came:?}"),
        () = cuts.begun.notified() => {}
    }
    // The answer led to the attempt that was cut. What fails now is another matter.
    let waits = paused(told(workflow.resume("r")).await.1);
    assert_eq!((questions(&waits), cuts.calls.load(SeqCst)), (vec!["group/error~2"], 3));
    let failed = workflow.answer("r", "group/error~2", ErrorDecision::Fail).await;
    assert_eq!(failure(failed).path, "group[0]/cuts");
    let run = completed(told(workflow.resume("r")).await.1);
    assert_eq!((*run.content, cuts.calls.load(SeqCst)), (2, 4));
}

workflow! {
    Around(n: u32) -> u32 {
        use times: Times;
        parallel both {
            steps group (on_error = pause) { double; times with (on_error = pause); }
            ask more: u32 = "More?";
        }
        map |a, b| a + b;
    }
}

#[tokio::test]
async fn who_lets_it_fail_inside_is_not_asked_again_while_somebody_decides_outside() {
    let times = Times::failing(2);
    let workflow = Around::builder().times(Arc::clone(&times)).build();
    let waits = paused(told(workflow.run(1_u32).run_id("r")).await.1);
    assert_eq!(questions(&waits), ["both/more", "both/group/times/error"]);
    let waits = paused(told(workflow.answer("r", "both/group/times/error", ErrorDecision::Fail)).await.1);
    assert_eq!(questions(&waits), ["both/group/error", "both/more"]);
    // A leg that decides nothing there finds the failure as it was.
    let waits = paused(told(workflow.answer("r", "more", 10_u32)).await.1);
    assert_eq!((questions(&waits), times.calls()), (vec!["both/group/error"], 1));
    // To try the group again is to try again what failed in it, and that asks for itself.
    let waits = paused(told(workflow.answer("r", "both/group/error", ErrorDecision::Retry)).await.1);
    assert_eq!((questions(&waits), times.calls()), (vec!["both/group/times/error~2"], 2));
    let run = completed(told(workflow.answer("r", "error~2", ErrorDecision::Retry)).await.1);
    assert_eq!((*run.content, times.calls()), (13, 3));
}

workflow! {
    Tolerant(n: u32) -> u32 {
        use some: Times;
        use last: Times;
        steps group (on_error = pause) {
            some as skipped with (on_error = skip);
            some(n) as decided with (on_error = pause);
            parallel both (on_error = collect) { some(n) as a; double(n) as b; }
            map |a, b| u32::from(a.is_err()) + b.as_ref().copied().unwrap_or_default() + skipped + decided;
            last;
        }
    }
}

#[tokio::test]
async fn what_was_tolerated_stays_so_when_its_container_is_tried_again() {
    let (some, last) = (Times::failing(3), Times::failing(1));
    let workflow = Tolerant::builder().some(Arc::clone(&some)).last(Arc::clone(&last)).build();
    let waits = paused(told(workflow.run(1_u32).run_id("r")).await.1);
    assert_eq!(questions(&waits), ["group/decided/error"]);
    let waits = paused(told(workflow.answer("r", "error", ErrorDecision::Skip)).await.1);
    assert_eq!(questions(&waits), ["group/error"]);
    let run = completed(told(workflow.answer("r", "group/error", ErrorDecision::Retry)).await.1);
    // 1 (failed) + 2 + 1 (skipped) + 1 (skipped by a person) + 1
    assert_eq!((*run.content, some.calls(), last.calls()), (6, 3, 2));
    let ended: Vec<_> = ends(&run.steps).into_iter().filter(|end| end.contains(':')).collect();
    assert_eq!(ended, ["group/skipped: skipped, broken", "group/decided: failed, broken", "group/both/a: failed, broken"]);
}

workflow! {
    Collects(n: u32) -> u32 {
        use some: Times;
        use last: Times;
        parallel both (on_error = collect) { some(n) as a with (on_error = pause); double(n) as b; }
        map |a, b| u32::from(a.is_err()) + b.as_ref().copied().unwrap_or_default();
        last;
    }
}

#[tokio::test]
async fn a_failure_that_was_let_be_and_collected_stands_when_the_run_fails_later() {
    let (some, last) = (Times::failing(9), Times::failing(1));
    let workflow = Collects::builder().some(Arc::clone(&some)).last(Arc::clone(&last)).build();
    assert_eq!(questions(&paused(told(workflow.run(1_u32).run_id("r")).await.1)), ["both/a/error"]);
    assert_eq!(kind_at(told(workflow.answer("r", "error", ErrorDecision::Fail)).await.1).1, "last");
    let (lines, came) = told(workflow.resume("r")).await;
    assert_eq!((*completed(came).content, some.calls(), last.calls()), (4, 1, 2));
    assert_eq!(lines[1..], ["StepStarted last", "StepOutput last", "StepCompleted last", "WorkflowCompleted"]);
}

workflow! {
    Withdrawn(n: u32) -> u32 {
        use times: Times;
        steps group (on_error = skip) {
            parallel both {
                times with (on_error = pause);
                steps late { sleep "1s"; times; }
            }
            map |a, _| *a;
        }
        ask more: u32 = "More?";
        times(more) with (on_error = pause);
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_was_withdrawn_is_not_asked_again_where_all_is_over() {
    let times = Times::failing(2);
    let workflow = Withdrawn::builder().times(Arc::clone(&times)).build();
    let waits = paused(told(workflow.run(1_u32).run_id("r")).await.1);
    assert_eq!(questions(&waits), ["more"]);
    times.left.store(1, SeqCst);
    let waits = paused(told(workflow.answer("r", "more", 5_u32)).await.1);
    assert_eq!(questions(&waits), ["times/error"]);
    assert_eq!(*completed(told(workflow.answer("r", "error", ErrorDecision::Retry)).await.1).content, 6);
    assert_eq!(times.calls(), 4);
}

workflow! { Sub(n: u32) -> u32 { use times: Times; double; times; } }

workflow! {
    Starts(n: u32) -> u32 { use sub: Sub; use last: Times; sub with (retry = 1, on_error = pause); last; }
}

#[tokio::test]
async fn a_nested_workflow_has_fresh_starts_until_one_succeeds() {
    let (times, last) = (Times::failing(5), Times::failing(1));
    let workflow = Starts::builder().sub(Sub::builder().times(Arc::clone(&times)).build()).last(Arc::clone(&last)).build();
    assert_eq!(questions(&paused(told(workflow.run(1_u32).run_id("r")).await.1)), ["sub/error"]);
    let waits = paused(told(workflow.answer("r", "error", ErrorDecision::Retry)).await.1);
    assert_eq!((questions(&waits), times.calls()), (vec!["sub/error~2"], 4));
    // One start more fails, the next one succeeds; then the run fails elsewhere.
    assert_eq!(kind_at(told(workflow.answer("r", "error~2", ErrorDecision::Retry)).await.1).1, "last");
    assert_eq!(times.calls(), 6);
    let run = completed(told(workflow.resume("r")).await.1);
    assert_eq!((*run.content, times.calls(), last.calls()), (4, 6, 2));
}

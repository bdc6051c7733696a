//! `effect = once`: what a crash has cut does not run again unless a person says so.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use agno::{ErrorDecision, StepErrorKind, prelude::*};
use serde_json::json;

use crate::{completed, ends, failure, kind_at, on_error::double, paused, questions, told};

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

#[tokio::test]
async fn who_let_it_fail_is_asked_again_and_nothing_runs_before() {
    let pays = Arc::new(Pays { begun: tokio::sync::Notify::new(), calls: AtomicU32::new(0) });
    let workflow = Paying::builder().pays(Arc::clone(&pays)).build();
    tokio::select! {
        came = workflow.run(1_u32).run_id("r").into_future() => panic!("{came:?}"),
        () = pays.begun.notified() => {}
    }
    assert_eq!(questions(&paused(workflow.resume("r").outcome().await)), ["pays/error"]);
    assert_eq!(kind_at(workflow.answer("r", "error", ErrorDecision::Fail).await), (StepErrorKind::Cut, "pays".to_owned()));
    let waits = paused(told(workflow.resume("r")).await.1);
    assert_eq!((questions(&waits), pays.calls.load(SeqCst)), (vec!["pays/error~2"], 1));
    let run = completed(told(workflow.answer("r", "error~2", ErrorDecision::Retry)).await.1);
    assert_eq!((*run.content, pays.calls.load(SeqCst)), (6, 2));
}

workflow! { PayingInside(n: u32) -> u32 { use pays: Pays; steps group (on_error = pause) { steps inner { double; pays; } } double as after; } }

#[tokio::test]
async fn to_try_the_container_again_does_not_say_that_the_step_may_run_again() {
    let pays = Arc::new(Pays { begun: tokio::sync::Notify::new(), calls: AtomicU32::new(0) });
    let workflow = PayingInside::builder().pays(Arc::clone(&pays)).build();
    tokio::select! {
        came = workflow.run(1_u32).run_id("r").into_future() => panic!("{came:?}"),
        () = pays.begun.notified() => {}
    }
    assert_eq!(questions(&paused(workflow.resume("r").outcome().await)), ["group/inner/pays/error"]);
    let waits = paused(told(workflow.answer("r", "group/inner/pays/error", ErrorDecision::Fail)).await.1);
    assert_eq!(questions(&waits), ["group/error"]);
    let waits = paused(told(workflow.answer("r", "group/error", ErrorDecision::Retry)).await.1);
    assert_eq!((questions(&waits), pays.calls.load(SeqCst)), (vec!["group/inner/pays/error~2"], 1));
    // Nor does it to resume the run, when all of it was let fail.
    let waits = paused(told(workflow.answer("r", "group/inner/pays/error~2", ErrorDecision::Fail)).await.1);
    assert_eq!(questions(&waits), ["group/error~2"]);
    assert_eq!(failure(workflow.answer("r", "group/error~2", ErrorDecision::Fail).await).kind, StepErrorKind::Cut);
    let waits = paused(told(workflow.resume("r")).await.1);
    assert_eq!((questions(&waits), pays.calls.load(SeqCst)), (vec!["group/inner/pays/error~3"], 1));
    let run = completed(told(workflow.answer("r", "error~3", ErrorDecision::Retry)).await.1);
    assert_eq!((*run.content, pays.calls.load(SeqCst)), (6, 2));
}

struct Looks {
    begun: tokio::sync::Notify,
    calls: AtomicU32,
}

#[step(effect = once)]
impl Looks {
    async fn run(&self, n: &u32) -> bool {
        if self.calls.fetch_add(1, SeqCst) == 0 {
            self.begun.notify_one();
            std::future::pending::<()>().await;
        }
        *n > 0
    }
}

workflow! { Looking(n: u32) -> u32 { use looks: Looks; condition positive (looks) { double; } } }

#[tokio::test]
async fn a_predicate_may_be_one_that_must_run_once() {
    let looks = Arc::new(Looks { begun: tokio::sync::Notify::new(), calls: AtomicU32::new(0) });
    let workflow = Looking::builder().looks(Arc::clone(&looks)).build();
    tokio::select! {
        came = workflow.run(1_u32).run_id("r").into_future() => panic!("{came:?}"),
        () = looks.begun.notified() => {}
    }
    assert_eq!(questions(&paused(told(workflow.resume("r")).await.1)), ["positive/if/error"]);
    let run = completed(told(workflow.answer("r", "error", ErrorDecision::Retry)).await.1);
    assert_eq!((*run.content, looks.calls.load(SeqCst)), (2, 2));
}

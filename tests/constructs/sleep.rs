//! `sleep`: a durable timer.

use std::time::Duration;

use agno::{Status, StepErrorKind, prelude::*};
use futures_util::StreamExt as _;
use tokio::time::Instant;

use crate::{completed, ends, kind_at, paused, support::paths, told};

#[step]
fn double(n: &u32) -> u32 {
    n * 2
}

workflow! { Naps(n: u32) -> u32 { sleep "10m"; double; sleep as nap "2h"; double as again; } }

#[tokio::test(start_paused = true)]
async fn the_value_passes_through_a_sleep() {
    let began = Instant::now();
    let (lines, came) = told(Naps::new().run(1_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 4);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(7800) && took < Duration::from_secs(7801), "{took:?}");
    assert_eq!(paths(&run.steps), ["sleep", "double", "nap", "again"]);
    assert_eq!(lines[1..3], ["StepStarted sleep", "StepCompleted sleep"]);
}

workflow! { Everywhere(n: u32) -> u32 {
    parallel both { sleep "1m"; steps group { sleep "2m"; double; } }
    map |a, b| a + b;
    loop again (max = 2) { sleep as turn "1m"; double; }
    condition yes (|_| true) { sleep "1m"; }
    router way (|_| true) { _ => sleep "1m" }
    each_of;
    each all { sleep "5m"; double; }
    map as sum |list| list.iter().sum::<u32>();
} }

#[step]
fn each_of(n: &u32) -> Vec<u32> {
    vec![*n; 3]
}

#[tokio::test(start_paused = true)]
async fn a_sleep_stands_anywhere() {
    let began = Instant::now();
    let run = Everywhere::new().run(1_u32).await.expect("runs");
    // (1 + 2) * 4 * 2 * 3
    assert_eq!(*run.content, 72);
    let took = began.elapsed();
    let minutes = Duration::from_secs((2 + 2 + 1 + 1 + 5) * 60);
    assert!(took >= minutes && took < minutes + Duration::from_secs(1), "{took:?}");
    assert!(paths(&run.steps).contains(&"again[1]/turn".to_owned()));
}

workflow! { Cut(n: u32) -> u32 { double; sleep "10m"; double as again; } }

#[tokio::test(start_paused = true)]
async fn after_a_crash_only_the_rest_is_slept() {
    let workflow = Cut::new();
    {
        let mut stream = workflow.run(1_u32).run_id("r").stream();
        loop {
            let event = stream.next().await.expect("goes on").expect("runs");
            if event.name() == agno::EventName::StepStarted && event.path == "sleep" {
                break;
            }
        }
        // Somebody has to poll the run for its timer to be there.
        let mut next = std::pin::pin!(stream.next());
        assert!(futures_util::poll!(&mut next).is_pending());
        tokio::time::advance(Duration::from_secs(400)).await;
    }
    let stored = workflow.get_run("r").await.expect("reads").expect("is there");
    assert_eq!((stored.status, ends(&stored.steps)), (Status::Running, vec!["double".to_owned()]));
    let began = Instant::now();
    let (lines, came) = told(workflow.resume("r")).await;
    assert_eq!(*completed(came).content, 4);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(199) && took <= Duration::from_secs(201), "{took:?}");
    assert_eq!(lines[..2], ["WorkflowContinued", "StepCompleted sleep"]);
}

workflow! { AsksAfter(n: u32) -> u32 { sleep "1h"; ask more: u32 = "More?"; } }

#[tokio::test(start_paused = true)]
async fn a_sleep_that_is_over_is_not_slept_again() {
    let workflow = AsksAfter::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    let began = Instant::now();
    assert_eq!(*workflow.answer(waits.run_id(), "more", 3_u32).await.expect("goes on").content, 3);
    assert_eq!(began.elapsed(), Duration::ZERO);
}

workflow! { Timed(n: u32) -> u32 { steps group (timeout = "1m") { sleep "2m"; } } }

#[tokio::test(start_paused = true)]
async fn a_timeout_cuts_a_sleep() {
    let (lines, came) = told(Timed::new().run(1_u32)).await;
    assert_eq!(kind_at(came), (StepErrorKind::Timeout, "group".to_owned()));
    assert_eq!(
        lines,
        [
            "WorkflowStarted",
            "StepsExecutionStarted group",
            "StepStarted group/sleep",
            "StepCancelled group/sleep",
            "StepsExecutionCompleted group",
            "WorkflowError",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_sleeping_run_can_be_cancelled() {
    let workflow = Naps::new();
    let handle = workflow.run(1_u32).background().await.expect("begins");
    tokio::time::sleep(Duration::from_secs(60)).await;
    handle.cancel().await.expect("is cancelled");
    let error = handle.wait().await.expect_err("is cancelled");
    let RunError::Cancelled { run } = error else { panic!("{error}") };
    assert_eq!((run.status, ends(&run.steps)), (Status::Cancelled, vec!["sleep: cancelled".to_owned()]));
}

//! What a failure in a branch means for the others.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use agno::{StepErrorKind, prelude::*};
use tokio::time::{Instant, sleep};

use super::{one, two};
use crate::{Gauge, completed, ends, failure, kind_at, paused, questions, told};

#[step]
async fn fails_after(seconds: &u32) -> Result<u32, String> {
    sleep(Duration::from_secs(u64::from(*seconds))).await;
    Err(format!("failed after {seconds}"))
}

#[step]
async fn fails(n: &u32) -> Result<u32, String> {
    Err(format!("failed with {n}"))
}

workflow! {
    Cancels(n: u32) -> u32 {
        use gauge: Gauge;
        parallel all {
            gauge(100) as long;
            steps group { loop again |n| (max = 5) { gauge; } }
            fails_after(2);
            gauge(1) as short;
            parallel inner { gauge(50) as a; sleep as nap "1h"; }
        }
        map |a, b, c, d, e, f| a + b + c + d + e + f;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_cancels_the_siblings() {
    let gauge = Arc::new(Gauge::default());
    let workflow = Cancels::builder().gauge(Arc::clone(&gauge)).build();
    let began = Instant::now();
    let (lines, came) = told(workflow.run(1_u32)).await;
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!((gauge.now(), gauge.ended()), (0, vec![1, 1]));
    let error = came.expect_err("fails");
    assert_eq!(
        ends(&error.partial().expect("there is a run").steps),
        [
            "all/long: cancelled",
            "all/group/again[0]/gauge",
            "all/group/again[0]",
            "all/group/again[1]/gauge: cancelled",
            "all/group/again[1]: cancelled",
            "all/group/again: cancelled",
            "all/group: cancelled",
            "all/fails_after: failed, failed after 2",
            "all/short",
            "all/inner/a: cancelled",
            "all/inner/nap: cancelled",
            "all/inner: cancelled",
            "all: failed, failed after 2",
        ]
    );
    for line in ["StepCancelled all/long", "StepCancelled all/inner/nap", "StepError all/fails_after", "ParallelExecutionCompleted all"] {
        assert_eq!(lines.iter().filter(|other| *other == line).count(), 1, "{line}");
    }
    assert_eq!(lines[lines.len() - 2..], ["ParallelExecutionCompleted all", "WorkflowError"]);
}

workflow! {
    NeverBegins(n: u32) -> u32 {
        use gauge: Gauge;
        parallel all (limit = 1) { fails; gauge; }
        map |a, b| a + b;
    }
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_never_began_leaves_nothing() {
    let gauge = Arc::new(Gauge::default());
    let error = NeverBegins::builder().gauge(Arc::clone(&gauge)).build().run(7_u32).await.expect_err("fails");
    assert_eq!(gauge.most(), 0);
    assert_eq!(ends(&error.partial().expect("a run").steps), ["all/fails: failed, failed with 7", "all: failed, failed with 7"]);
}

workflow! {
    Collects(n: u32) -> Vec<String> {
        use gauge: Gauge;
        parallel all (on_error = collect) {
            fails_after(3) as slow;
            gauge(2) as fine;
            fails_after(1) as fast;
            steps group { one; fails; one(n) as never; }
            parallel inner { one; two; }
        }
        each_of(all.slow, all.fine, all.fast, all.group);
    }
}

#[step]
fn each_of(
    slow: &Result<u32, StepError>,
    fine: &Result<u32, StepError>,
    fast: &Result<u32, StepError>,
    group: &Result<u32, StepError>,
) -> Vec<String> {
    let show = |result: &Result<u32, StepError>| match result {
        Ok(n) => n.to_string(),
        Err(error) => error.to_string(),
    };
    [slow, fine, fast, group].map(show).to_vec()
}

#[tokio::test(start_paused = true)]
async fn collect_lets_all_finish_and_gives_results() {
    let (lines, came) = told(Collects::builder().gauge(Gauge::default()).build().run(1_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, ["`all/slow`: failed after 3", "20", "`all/fast`: failed after 1", "`all/group/fails`: failed with 2"]);
    assert_eq!(
        ends(&run.steps)[..5],
        [
            "all/slow: failed, failed after 3",
            "all/fine",
            "all/fast: failed, failed after 1",
            "all/group/one",
            "all/group/fails: failed, failed with 2",
        ]
    );
    assert!(lines.contains(&"StepError all/slow".to_owned()));
    assert!(ends(&run.steps).contains(&"all".to_owned()));
}

workflow! { TypedResult(n: u32) -> u32 {
    parallel all (on_error = collect) { fails as a; one as b; }
    map |a, b| a.as_ref().map_or(100, |n| *n) + b.as_ref().map_or(200, |n| *n);
} }

#[tokio::test]
async fn collected_values_are_piped_as_results() {
    assert_eq!(*TypedResult::new().run(1_u32).await.expect("runs").content, 102);
}

workflow! { BothFail(n: u32) -> u32 { parallel all { fails_after(1) as a; fails_after(1) as b; fails as c; } map |a, b, c| a + b + c; } }

#[tokio::test(start_paused = true)]
async fn the_first_failure_cancels_the_others() {
    // `c` fails at once, while the others wait.
    assert_eq!(failure(BothFail::new().run(1_u32).await).path, "all/c");
}

workflow! {
    Skips(n: u32) -> u32 {
        one as a;
        parallel all { one; fails with (on_error = skip); fails as other with (on_error = none); fails as third with (on_error = fallback(one)); }
        map |one, skipped, none, third| one * 1000 + skipped * 100 + none.unwrap_or(7) * 10 + third;
    }
}

#[tokio::test]
async fn branches_have_policies_of_their_own() {
    let run = Skips::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, 3273);
    assert_eq!(
        ends(&run.steps),
        [
            "a",
            "all/one",
            "all/fails: skipped, failed with 2",
            "all/other: failed, failed with 2",
            "all/third: failed, failed with 2",
            "all/third/fallback",
            "all",
            "map",
        ]
    );
}

static GONE: AtomicBool = AtomicBool::new(false);

struct Gone;

impl Drop for Gone {
    fn drop(&mut self) {
        GONE.store(true, SeqCst);
    }
}

#[step]
async fn never_ends(_n: &u32) -> u32 {
    let _gone = Gone;
    std::future::pending().await
}

workflow! { Endless(n: u32) -> u32 { parallel all { never_ends; fails_after(1); } map |a, b| a + b; } }

#[tokio::test(start_paused = true)]
async fn nothing_is_left_of_a_cancelled_branch() {
    assert_eq!(failure(Endless::new().run(1_u32).await).path, "all/fails_after");
    assert!(GONE.load(SeqCst));
}

workflow! {
    PausesAndFails(n: u32) -> u32 {
        parallel all { ask a: u32 = "A?"; steps group { sleep "1m"; ask b: u32 = "B?"; } condition bad (|n| *n == 1) { fails_after(30); } }
        map |a, b, n| a + b + n;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_beats_a_pause_and_withdraws_its_questions() {
    let workflow = PausesAndFails::new();
    let waits = paused(workflow.run(2_u32).outcome().await);
    assert_eq!(questions(&waits), ["all/a", "all/group/b"]);
    let (lines, came) = told(workflow.run(1_u32)).await;
    assert_eq!(kind_at(came), (StepErrorKind::Error, "all/bad/fails_after".to_owned()));
    assert!(lines.contains(&"StepCancelled all/a".to_owned()), "{lines:?}");
}

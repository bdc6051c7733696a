//! Attempts: what is tried again, when, and how often.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use agno::{StepErrorKind, prelude::*};
use futures_util::StreamExt as _;
use tokio::time::Instant;

use super::Refusal;
use crate::{completed, failure, kind_at, told};

/// When attempts began, from the first one on.
#[derive(Default)]
struct Attempts(Mutex<Vec<Instant>>);

impl Attempts {
    fn delays(&self) -> Vec<Duration> {
        let times = self.0.lock().expect("nobody panics");
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

struct Flaky {
    attempts: Attempts,
    fails: u32,
}

#[step(retry = 6, backoff = "1s", max_backoff = "4s")]
impl Flaky {
    async fn run(&self, n: &u32, ctx: &StepContext) -> Result<u32, Refusal> {
        self.attempts.0.lock().expect("nobody panics").push(Instant::now());
        if ctx.attempt() <= self.fails { Err(Refusal::Odd(ctx.attempt())) } else { Ok(*n) }
    }
}

workflow! { Retrying(n: u32) -> u32 { use flaky: Flaky; flaky; } }

#[tokio::test(start_paused = true)]
async fn errors_are_retried_after_a_growing_capped_wait() {
    let flaky = Arc::new(Flaky { attempts: Attempts::default(), fails: 5 });
    let (lines, came) = told(Retrying::builder().flaky(Arc::clone(&flaky)).build().run(3_u32)).await;
    let run = completed(came);
    assert_eq!((*run.content, run.steps[0].attempts(), run.metrics.attempts), (3, 6, 6));
    let full = [1, 2, 4, 4, 4].map(Duration::from_secs);
    let delays = flaky.attempts.delays();
    assert_eq!(delays.len(), full.len());
    for (delay, full) in delays.into_iter().zip(full) {
        // The timer's resolution is a millisecond.
        assert!(full / 2 <= delay && delay <= full + Duration::from_millis(1), "{delay:?} of {full:?}");
    }
    let retries = lines.iter().filter(|line| *line == "StepRetrying flaky").count();
    assert_eq!((retries, lines.len()), (5, 1 + 1 + 5 + 2 + 1));
}

#[tokio::test(start_paused = true)]
async fn the_last_error_counts_when_attempts_run_out() {
    let flaky = Arc::new(Flaky { attempts: Attempts::default(), fails: 100 });
    let error = failure(Retrying::builder().flaky(flaky).build().run(3_u32).await);
    assert_eq!((error.attempts, &*error.message), (7, "7 is odd"));
    assert_eq!(error.to_string(), "`flaky`: 7 is odd (after 7 attempts)");
}

#[step(retry = 5, backoff = "1ms", retry_if = is_worth_it)]
async fn picky(n: &u32, ctx: &StepContext) -> Result<u32, Refusal> {
    if ctx.attempt() < *n { Err(Refusal::Odd(ctx.attempt())) } else { Err(Refusal::Odd(1000)) }
}

fn is_worth_it(refusal: &Refusal) -> bool {
    *refusal != Refusal::Odd(1000)
}

workflow! { Picky(n: u32) -> u32 { picky; } }

#[tokio::test(start_paused = true)]
async fn retry_if_says_which_errors_are_worth_it() {
    let error = failure(Picky::new().run(3_u32).await);
    assert_eq!((error.attempts, &*error.message), (3, "1000 is odd"));
    assert_eq!(failure(Picky::new().run(100_u32).await).attempts, 6);
}

#[step(retry = 2, backoff = "1ms", timeout = "5s")]
async fn slow(n: &u32, ctx: &StepContext) -> u32 {
    if ctx.attempt() <= *n {
        std::future::pending().await
    }
    ctx.attempt()
}

workflow! { Slow(n: u32) -> u32 { slow; } }

#[tokio::test(start_paused = true)]
async fn a_timeout_is_that_of_an_attempt_and_is_retried() {
    let began = Instant::now();
    let run = Slow::new().run(2_u32).await.expect("runs");
    assert_eq!(*run.content, 3);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(10) && took < Duration::from_secs(11), "{took:?}");
    let error = failure(Slow::new().run(3_u32).await);
    assert_eq!((error.kind, error.attempts), (StepErrorKind::Timeout, 3));
    assert_eq!(error.message, "took longer than its timeout of 5s");
}

static FINISHED: AtomicU32 = AtomicU32::new(0);

struct Door {
    begun: Arc<tokio::sync::Notify>,
    opens: Mutex<std::sync::mpsc::Receiver<()>>,
}

#[step(blocking, timeout = "5s")]
impl Door {
    fn run(&self, n: &u32) -> u32 {
        self.begun.notify_one();
        // Whoever tests opens it, or goes away.
        _ = self.opens.lock().expect("nobody panics").recv();
        FINISHED.fetch_add(1, SeqCst);
        *n
    }
}

workflow! { Behind(n: u32) -> u32 { use door: Door; door with (on_error = none); map |none| none.unwrap_or(77); } }

#[tokio::test]
async fn a_blocking_step_is_waited_for_though_its_result_is_dropped() {
    let (open, opens) = std::sync::mpsc::channel();
    let begun = Arc::<tokio::sync::Notify>::default();
    let workflow = Behind::builder().door(Door { begun: Arc::clone(&begun), opens: Mutex::new(opens) }).build();
    tokio::time::pause();
    let handle = workflow.run(1_u32).background().await.expect("begins");
    // The timeout is reported at once: what comes after it has run.
    let mut events = std::pin::pin!(handle.events(0).await.expect("are kept"));
    let mut until = async |end: (agno::EventName, &str)| {
        loop {
            let event = events.next().await.expect("the run goes on");
            if (event.name(), &*event.path) == end {
                break;
            }
        }
    };
    until((agno::EventName::StepStarted, "door")).await;
    begun.notified().await;
    // Paused time does not advance by itself while the pool works.
    tokio::time::advance(Duration::from_secs(6)).await;
    until((agno::EventName::StepCompleted, "map")).await;
    assert_eq!(FINISHED.load(SeqCst), 0);
    open.send(()).expect("the thread waits");
    let run = handle.wait().await.expect("completes");
    assert_eq!((*run.content, FINISHED.load(SeqCst)), (77, 1));
}

#[step(retry = 3)]
async fn panics(n: &u32) -> u32 {
    assert_ne!(*n, 1, "one is wrong");
    *n
}

workflow! { Panics(n: u32) -> u32 { panics; } }

#[tokio::test]
async fn panics_are_not_retried() {
    let error = failure(Panics::new().run(1_u32).await);
    assert_eq!((error.kind, error.attempts), (StepErrorKind::Panic, 1));
    assert!(error.message.contains("one is wrong"), "{}", error.message);
    assert_eq!(kind_at(Panics::new().run(1_u32).await), (StepErrorKind::Panic, "panics".to_owned()));
}

//! The behaviour of every construct, as users write it: values, paths, events.
//!
//! One binary, with a module for each construct. Time is tokio's, and paused: nothing here waits for a clock.

#[path = "support/mod.rs"]
mod support;

#[path = "constructs/arguments.rs"]
mod arguments;
#[path = "constructs/ask.rs"]
mod ask;
#[path = "constructs/children.rs"]
mod children;
#[path = "constructs/condition.rs"]
mod condition;
#[path = "constructs/decisions.rs"]
mod decisions;
#[path = "constructs/each.rs"]
mod each;
#[path = "constructs/loop_.rs"]
mod loop_;
#[path = "constructs/map.rs"]
mod map;
#[path = "constructs/nest.rs"]
mod nest;
#[path = "constructs/on_error.rs"]
mod on_error;
#[path = "constructs/once.rs"]
mod once;
#[path = "constructs/options.rs"]
mod options;
#[path = "constructs/panics.rs"]
mod panics;
#[path = "constructs/parallel/mod.rs"]
mod parallel;
#[path = "constructs/pause.rs"]
mod pause;
#[path = "constructs/router.rs"]
mod router;
#[path = "constructs/sleep.rs"]
mod sleep;
#[path = "constructs/state.rs"]
mod state;
#[path = "constructs/step_forms/mod.rs"]
mod step_forms;
#[path = "constructs/steps.rs"]
mod steps;
#[path = "constructs/values.rs"]
mod values;

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use agno::{ExtraGiven, PausedRun, RunBuilder, StepErrorKind, StepOutcome, prelude::*};

type Came<W> = Result<Outcome<<W as Workflow>::Output, <W as Workflow>::Input>, RunError>;

/// Runs with a listener: the events as lines, and what the run came to.
async fn told<W: Workflow, X: ExtraGiven<W>>(run: RunBuilder<W, X>) -> (Vec<String>, Came<W>) {
    let mut stream = run.stream();
    let lines = support::lines(&support::events(&mut stream).await);
    (lines, stream.outcome().expect("the stream has ended"))
}

/// The run's pause.
fn paused<O: std::fmt::Debug, I>(came: Result<Outcome<O, I>, RunError>) -> PausedRun {
    match came.expect("the run pauses") {
        Outcome::Paused(paused) => paused,
        Outcome::Completed(run) => panic!("the run completed: {run:?}"),
    }
}

/// The run's output.
fn completed<O: std::fmt::Debug, I>(came: Result<Outcome<O, I>, RunError>) -> RunOutput<O, I> {
    match came.expect("the run completes") {
        Outcome::Completed(run) => run,
        Outcome::Paused(paused) => panic!("{paused}"),
    }
}

/// The failure of a step that failed the run.
fn failure<T: std::fmt::Debug>(came: Result<T, RunError>) -> StepError {
    match came.expect_err("the run fails") {
        RunError::Failed { source, .. } => source,
        other => panic!("{other}"),
    }
}

/// The kind of failure and where it was.
fn kind_at<T: std::fmt::Debug>(came: Result<T, RunError>) -> (StepErrorKind, String) {
    let error = failure(came);
    (error.kind, error.path)
}

/// `path`, or `path: how it ended` if it did not complete.
fn ends(steps: &agno::Steps) -> Vec<String> {
    let end = |step: &agno::StepResult| match step.outcome() {
        StepOutcome::Completed => step.path(),
        StepOutcome::Skipped(reason) => format!("{}: skipped, {reason}", step.path()),
        StepOutcome::Failed(error) => format!("{}: failed, {}", step.path(), error.message),
        StepOutcome::Cancelled => format!("{}: cancelled", step.path()),
        other => format!("{}: {other:?}", step.path()),
    };
    steps.iter().map(end).collect()
}

/// The paths of the open questions.
fn questions(paused: &PausedRun) -> Vec<&str> {
    paused.questions().iter().map(|question| &*question.path).collect()
}

/// What an executor sees of its own runs.
#[derive(Default)]
struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
    /// Inputs in the order in which their runs ended.
    ended: Mutex<Vec<u32>>,
}

/// Takes as many seconds as its input says, and gives ten times the input.
#[step]
impl Gauge {
    async fn run(&self, seconds: &u32) -> u32 {
        let _here = Here::new(self);
        tokio::time::sleep(Duration::from_secs(u64::from(*seconds))).await;
        self.ended.lock().expect("no run panics").push(*seconds);
        seconds * 10
    }
}

/// One run of a gauge that is under way, also when it is dropped.
struct Here<'a>(&'a Gauge);

impl<'a> Here<'a> {
    fn new(gauge: &'a Gauge) -> Self {
        let now = gauge.now.fetch_add(1, SeqCst) + 1;
        gauge.most.fetch_max(now, SeqCst);
        Self(gauge)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

impl Gauge {
    fn most(&self) -> usize {
        self.most.load(SeqCst)
    }

    fn now(&self) -> usize {
        self.now.load(SeqCst)
    }

    fn ended(&self) -> Vec<u32> {
        self.ended.lock().expect("no run panics").clone()
    }
}

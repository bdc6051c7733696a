//! What a step may return: values, errors of any kind, and the end of the workflow.

use std::io;

use agno::{Status, prelude::*};

use super::Refusal;
use crate::{completed, ends, failure, told};

#[step]
fn even(n: &u32) -> Result<u32, Refusal> {
    if n.is_multiple_of(2) { Ok(n / 2) } else { Err(Refusal::Odd(*n)) }
}

#[step]
async fn by_io(n: &u32) -> io::Result<u32> {
    if *n > 0 { Ok(*n) } else { Err(io::ErrorKind::NotFound.into()) }
}

#[step]
async fn by_anyhow(n: &u32) -> anyhow::Result<u32> {
    anyhow::ensure!(*n != 2, "two is not allowed");
    Ok(*n)
}

#[step]
fn by_text(n: &u32) -> Result<u32, String> {
    if *n == 3 { Err("three".into()) } else { Ok(*n) }
}

#[step]
fn by_box(n: &u32) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    if *n == 4 { Err("four".into()) } else { Ok(*n) }
}

workflow! { Results(n: u32) -> u32 { even; by_io; by_anyhow; by_text; by_box; } }

#[tokio::test]
async fn errors_of_any_kind_fail_the_run() {
    let workflow = Results::new();
    assert_eq!(*workflow.run(10_u32).await.expect("runs").content, 5);
    let odd = failure(workflow.run(7_u32).await);
    assert_eq!((&*odd.path, &*odd.message, odd.attempts), ("even", "7 is odd", 1));
    assert_eq!(odd.downcast_ref::<Refusal>(), Some(&Refusal::Odd(7)));
    let missing = failure(workflow.run(0_u32).await);
    assert_eq!(missing.downcast_ref::<io::Error>().map(io::Error::kind), Some(io::ErrorKind::NotFound));
    assert_eq!(failure(workflow.run(4_u32).await).to_string(), "`by_anyhow`: two is not allowed");
    assert_eq!(failure(workflow.run(6_u32).await).message, "three");
    assert_eq!(failure(workflow.run(8_u32).await).message, "four");
}

#[tokio::test]
async fn a_failed_run_says_what_was_done() {
    let workflow = Results::new();
    let error = workflow.run(4_u32).session("s").await.expect_err("fails");
    let text = error.to_string();
    assert!(text.contains("`by_anyhow`: two is not allowed") && text.contains("resume"), "{text}");
    assert_eq!(error.status(), Some(Status::Failed));
    let partial = error.partial().expect("there is a run");
    assert_eq!(ends(&partial.steps), ["even", "by_io", "by_anyhow: failed, two is not allowed"]);
    let (lines, _) = told(workflow.run(4_u32)).await;
    assert_eq!(lines[lines.len() - 2..], ["StepError by_anyhow", "WorkflowError"]);
}

#[step]
fn stop_at_zero(n: &u32) -> ControlFlow<String, u32> {
    if *n == 0 { ControlFlow::Break("zero".into()) } else { ControlFlow::Continue(*n) }
}

#[step]
async fn stop_at_one(n: &u32) -> Result<ControlFlow<String, u32>, Refusal> {
    match n {
        1 => Ok(ControlFlow::Break("one".into())),
        5 => Err(Refusal::Odd(5)),
        n => Ok(ControlFlow::Continue(*n)),
    }
}

#[step(blocking)]
fn stop_at_two(n: &u32) -> ControlFlow<String, Result<u32, Refusal>> {
    match n {
        2 => ControlFlow::Break("two".into()),
        7 => ControlFlow::Continue(Err(Refusal::Odd(7))),
        n => ControlFlow::Continue(Ok(*n)),
    }
}

struct Stopper;

#[step]
impl Stopper {
    async fn run(&self, n: &u32) -> anyhow::Result<ControlFlow<String, u32>> {
        Ok(if *n == 3 { ControlFlow::Break("three".into()) } else { ControlFlow::Continue(*n) })
    }
}

#[step]
fn show(n: &u32) -> String {
    format!("got {n}")
}

workflow! {
    Stops(n: u32) -> String {
        use stopper: Stopper;
        stop_at_zero;
        stop_at_one;
        stop_at_two;
        stopper;
        show;
    }
}

#[tokio::test]
async fn a_break_ends_the_workflow_with_its_output() {
    let workflow = Stops::builder().stopper(Stopper).build();
    for (n, output, done) in [(0_u32, "zero", 1), (1, "one", 2), (2, "two", 3), (3, "three", 4), (4, "got 4", 5)] {
        let run = workflow.run(n).await.expect("runs");
        assert_eq!((&**run.content, run.steps.len()), (output, done));
        assert_eq!(run.steps.last().expect("ran").ended_workflow(), n < 4);
    }
    assert_eq!(failure(workflow.run(5_u32).await).path, "stop_at_one");
    assert_eq!(failure(workflow.run(7_u32).await).path, "stop_at_two");
    let (lines, came) = told(workflow.run(1_u32)).await;
    assert_eq!(lines[lines.len() - 3..], ["StepStarted stop_at_one", "StepCompleted stop_at_one", "WorkflowCompleted"]);
    assert_eq!(*completed(came).content, "one");
}

workflow! {
    StopsInside(n: u32) -> String {
        steps outer {
            parallel both { stop_at_zero; show; }
            loop again |n, text| (max = 2) {
                stop_at_one(n);
                parallel two { map as a |n| *n; map as b |_| text.clone(); }
            }
            map |n, text| format!("{n} {text}");
        }
    }
}

#[tokio::test]
async fn a_break_ends_the_workflow_from_within_containers() {
    let workflow = StopsInside::new();
    let run = workflow.run(0_u32).await.expect("runs");
    assert_eq!((&**run.content, run.steps[0].ended_workflow()), ("zero", true));
    let (lines, came) = told(workflow.run(1_u32)).await;
    assert_eq!(*completed(came).content, "one");
    assert_eq!(
        lines[lines.len() - 5..],
        [
            "StepCompleted outer/again[0]/stop_at_one",
            "LoopIterationCompleted outer/again[0]",
            "LoopExecutionCompleted outer/again",
            "StepsExecutionCompleted outer",
            "WorkflowCompleted",
        ]
    );
    assert_eq!(*workflow.run(4_u32).await.expect("runs").content, "4 got 4");
}

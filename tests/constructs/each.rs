//! `each`: a body for every item of a list, side by side, in order.

use std::{
    sync::{Arc, Barrier},
    time::Duration,
};

use agno::{StepErrorKind, prelude::*};
use tokio::time::Instant;

use crate::{Gauge, completed, ends, kind_at, paused, questions, support::paths, told};

#[step]
fn numbers(n: &u32) -> Vec<u32> {
    (1..=*n).collect()
}

#[step]
async fn double(n: &u32) -> u32 {
    n * 2
}

#[step]
fn add(a: &u32, b: &u32) -> u32 {
    a + b
}

#[step]
fn sum(numbers: &[u32]) -> u32 {
    numbers.iter().sum()
}

#[step]
fn not_two(n: &u32) -> Result<u32, String> {
    if *n == 2 { Err("two".into()) } else { Ok(*n) }
}

workflow! { Simple(n: u32) -> Vec<u32> { numbers; each all { double; } } }

#[tokio::test]
async fn the_body_runs_for_every_item() {
    let (lines, came) = told(Simple::new().run(2_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, [2, 4]);
    assert_eq!(paths(&run.steps), ["numbers", "all[0]/double", "all[0]", "all[1]/double", "all[1]", "all"]);
    assert_eq!(
        lines,
        [
            "WorkflowStarted",
            "StepStarted numbers",
            "StepOutput numbers",
            "StepCompleted numbers",
            "EachExecutionStarted all",
            "EachItemStarted all[0]",
            "StepStarted all[0]/double",
            "StepCompleted all[0]/double",
            "EachItemCompleted all[0]",
            "EachItemStarted all[1]",
            "StepStarted all[1]/double",
            "StepCompleted all[1]/double",
            "EachItemCompleted all[1]",
            "EachExecutionCompleted all",
            "WorkflowCompleted",
        ]
    );
}

#[tokio::test]
async fn an_empty_list_gives_an_empty_list() {
    let (lines, came) = told(Simple::new().run(0_u32)).await;
    let run = completed(came);
    assert_eq!((run.content.len(), paths(&run.steps)), (0, vec!["numbers".to_owned(), "all".to_owned()]));
    assert_eq!(lines[4..6], ["EachExecutionStarted all", "EachExecutionCompleted all"]);
}

#[step]
fn list(_n: &u32) -> Vec<u32> {
    vec![1, 2, 3]
}

workflow! { NamedItem(n: u32) -> Vec<u32> {
    double;
    list(n);
    each all |item| (limit = 3) { add(item, double); add(*add + n, item) as twice; }
} }

#[tokio::test]
async fn items_have_a_name_and_outer_names_are_seen() {
    let run = NamedItem::new().run(10_u32).await.expect("runs");
    assert_eq!(*run.content, [32, 34, 36]);
    assert_eq!(paths(&run.steps)[2..4], ["all[0]/add", "all[0]/twice"]);
}

workflow! { Limited(n: u32) -> Vec<u32> { use gauge: Gauge; list_of(n); each all (limit = 3) { gauge; } } }

#[step]
fn list_of(n: &u32) -> Vec<u32> {
    // The first take longest, so that the order of ends is not that of the list.
    (1..=*n).rev().collect()
}

#[tokio::test(start_paused = true)]
async fn a_limit_holds_and_is_used_and_order_is_kept() {
    let gauge = Arc::new(Gauge::default());
    let run = Limited::builder().gauge(Arc::clone(&gauge)).build().run(6_u32).await.expect("runs");
    assert_eq!(*run.content, [60, 50, 40, 30, 20, 10]);
    assert_eq!(gauge.most(), 3);
    assert_eq!(gauge.ended()[..3], [4, 5, 6]);
}

const LIMIT: usize = 2;

workflow! { ConstLimit(n: u32) -> Vec<u32> { use gauge: Gauge; list_of; each all (limit = LIMIT * 2) { gauge; } } }

workflow! { DefaultLimit(n: u32) -> Vec<u32> { use gauge: Gauge; ones; each all { gauge; } } }

#[step]
fn ones(n: &u32) -> Vec<u32> {
    vec![1; *n as usize]
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_a_constant_or_sixteen() {
    let gauge = Arc::new(Gauge::default());
    ConstLimit::builder().gauge(Arc::clone(&gauge)).build().run(9_u32).await.expect("runs");
    assert_eq!(gauge.most(), 4);
    let gauge = Arc::new(Gauge::default());
    let began = Instant::now();
    let run = DefaultLimit::builder().gauge(Arc::clone(&gauge)).build().run(40_u32).await.expect("runs");
    assert_eq!((gauge.most(), run.content.len()), (16, 40));
    // 16, 16 and 8.
    assert!(began.elapsed() >= Duration::from_secs(3) && began.elapsed() < Duration::from_secs(4));
}

workflow! { Fails(n: u32) -> Vec<u32> { use gauge: Gauge; list_of; each all |item| { gauge; not_two(item); } } }

#[tokio::test(start_paused = true)]
async fn a_failing_item_cancels_the_others() {
    let gauge = Arc::new(Gauge::default());
    let (lines, came) = told(Fails::builder().gauge(Arc::clone(&gauge)).build().run(4_u32)).await;
    let error = came.expect_err("fails");
    assert_eq!((gauge.ended(), gauge.now()), (vec![1, 2], 0));
    assert_eq!(
        ends(&error.partial().expect("a run").steps),
        [
            "list_of",
            "all[0]/gauge: cancelled",
            "all[0]: cancelled",
            "all[1]/gauge: cancelled",
            "all[1]: cancelled",
            "all[2]/gauge",
            "all[2]/not_two: failed, two",
            "all[2]: failed, two",
            "all[3]/gauge",
            "all[3]/not_two",
            "all[3]",
            "all: failed, two",
        ]
    );
    assert_eq!(kind_at::<()>(Err(error)), (StepErrorKind::Error, "all[2]/not_two".to_owned()));
    assert_eq!(lines[lines.len() - 2..], ["EachExecutionCompleted all", "WorkflowError"]);
}

workflow! { Collects(n: u32) -> Vec<Result<u32, StepError>> { list_of; each all (on_error = collect, limit = 2) { not_two; double; } } }

#[tokio::test]
async fn collect_gives_a_result_for_each() {
    let (_, came) = told(Collects::new().run(4_u32)).await;
    let run = completed(came);
    let values: Vec<_> = run.content.iter().map(|result| result.as_ref().map_err(|error| &*error.path)).collect();
    assert_eq!(values, [Ok(&8), Ok(&6), Err("all[2]/not_two"), Ok(&2)]);
    assert_eq!(
        ends(&run.steps)[7..12],
        ["all[2]/not_two: failed, two", "all[2]: failed, two", "all[3]/not_two", "all[3]/double", "all[3]"]
    );
    assert_eq!(ends(&run.steps).last().map(String::as_str), Some("all"));
}

workflow! { CollectsThenAsks(n: u32) -> u32 {
    list_of;
    each all (on_error = collect) { not_two; }
    ask bonus: u32 = format!("{} failed", all.iter().filter(|result| result.is_err()).count());
    map as total |bonus| bonus + all.iter().flatten().sum::<u32>();
} }

#[tokio::test]
async fn collected_failures_are_the_same_in_the_next_leg() {
    let workflow = CollectsThenAsks::new();
    let waits = paused(workflow.run(4_u32).outcome().await);
    assert_eq!(waits.questions()[0].text, "1 failed");
    let run = completed(workflow.answer(waits.run_id(), "bonus", 100_u32).outcome().await);
    assert_eq!(*run.content, 108);
}

workflow! { Timed(n: u32) -> Vec<u32> { use gauge: Gauge; list_of; each all (timeout = "3s", limit = 2) { gauge; } } }

#[tokio::test(start_paused = true)]
async fn a_timeout_is_for_all_items() {
    let gauge = Arc::new(Gauge::default());
    let workflow = Timed::builder().gauge(Arc::clone(&gauge)).build();
    assert_eq!(*workflow.run(2_u32).await.expect("runs").content, [20, 10]);
    assert_eq!(kind_at(workflow.run(4_u32).await), (StepErrorKind::Timeout, "all".to_owned()));
    assert_eq!(gauge.now(), 0);
}

workflow! { OfItems(n: u32) -> Vec<u32> { numbers; each outer |n| { numbers(n); each inner |m| { add(n, m); double; } sum; } } }

#[tokio::test]
async fn each_may_stand_in_each() {
    let run = OfItems::new().run(3_u32).await.expect("runs");
    assert_eq!(*run.content, [4, 14, 30]);
    assert!(paths(&run.steps).contains(&"outer[2]/inner[1]/double".to_owned()));
}

workflow! { OfLists(n: u32) -> Vec<u32> { lists; each outer { each inner { double; } sum; } } }

#[step]
fn lists(n: &u32) -> Vec<Vec<u32>> {
    (0..*n).map(|n| (0..n).collect()).collect()
}

#[tokio::test]
async fn an_item_that_is_a_list_is_taken_apart() {
    assert_eq!(*OfLists::new().run(4_u32).await.expect("runs").content, [0, 0, 2, 6]);
}

workflow! { Rich(n: u32) -> Vec<(u32, String)> {
    numbers;
    each all |item| {
        condition even (|n| n % 2 == 0) { double; }
        loop grow (max = 2) { double; }
        parallel both { double; map as text |n| format!("{n} of {item}"); }
    }
} }

#[tokio::test]
async fn a_body_may_hold_containers_and_end_in_a_parallel() {
    let run = Rich::new().run(2_u32).await.expect("runs");
    assert_eq!(*run.content, [(8, "4 of 1".to_owned()), (32, "16 of 2".to_owned())]);
    assert!(paths(&run.steps).contains(&"all[1]/grow[1]/double".to_owned()));
    assert!(paths(&run.steps).contains(&"all[1]/even/if".to_owned()));
}

workflow! { Asks(n: u32) -> Vec<u32> { numbers; each all |item| { ask more: u32 = format!("How much for {item}?"); add(item, more); } } }

#[tokio::test]
async fn items_may_wait_for_answers() {
    let workflow = Asks::new();
    let waits = paused(workflow.run(3_u32).outcome().await);
    assert_eq!(questions(&waits), ["all[0]/more", "all[1]/more", "all[2]/more"]);
    let waits = paused(workflow.answer(waits.run_id(), "all[1]/more", 20_u32).outcome().await);
    assert_eq!(questions(&waits), ["all[0]/more", "all[2]/more"]);
    let waits = paused(workflow.answer(waits.run_id(), "all[2]/more", 30_u32).outcome().await);
    let run = completed(workflow.answer(waits.run_id(), "more", 10_u32).outcome().await);
    assert_eq!(*run.content, [11, 22, 33]);
}

struct Meeting(Barrier);

#[step]
impl Meeting {
    /// Ends when three are here at once.
    fn run(&self, n: &u32) -> u32 {
        self.0.wait();
        *n
    }
}

workflow! { Meets(n: u32) -> Vec<u32> { use meeting: Meeting; numbers; each all { meeting; } } }

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn synchronous_steps_use_several_threads() {
    let workflow = Meets::builder().meeting(Meeting(Barrier::new(3))).build();
    assert_eq!(*workflow.run(3_u32).await.expect("runs").content, [1, 2, 3]);
}

#[step]
fn stop_at(n: &u32) -> ControlFlow<Vec<u32>, u32> {
    if *n == 2 { ControlFlow::Break(vec![99]) } else { ControlFlow::Continue(*n) }
}

workflow! { Stops(n: u32) -> Vec<u32> { numbers; each all { stop_at; double; } } }

#[tokio::test]
async fn a_break_in_an_item_ends_the_workflow() {
    let workflow = Stops::new();
    assert_eq!(*workflow.run(3_u32).await.expect("runs").content, [99]);
    assert_eq!(*workflow.run(1_u32).await.expect("runs").content, [2]);
}

workflow! { Tolerates(n: u32) -> u32 {
    numbers;
    each skipped (on_error = skip) { not_two; }
    each gone (on_error = none) { not_two; double; }
    map |list| list.as_ref().map_or(0, |list| list.iter().sum::<u32>()) + skipped.len() as u32;
} }

#[tokio::test]
async fn a_list_may_be_skipped_or_be_none() {
    assert_eq!(*Tolerates::new().run(1_u32).await.expect("runs").content, 3);
    let run = Tolerates::new().run(2_u32).await.expect("runs");
    assert_eq!(*run.content, 2);
    assert!(ends(&run.steps).contains(&"skipped: skipped, two".to_owned()), "{:?}", ends(&run.steps));
}

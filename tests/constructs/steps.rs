//! `steps`: a named group, and long blocks.

use agno::{StepErrorKind, prelude::*};

use crate::{completed, kind_at, support::paths, told};

#[step]
fn inc(n: &u32) -> u32 {
    n + 1
}

#[step]
fn add(a: &u32, b: &u32) -> u32 {
    a + b
}

workflow! { Groups(n: u32) -> u32 { steps outer (label = "Outside") { inc; steps inner { inc; add(inc, n); } } add(outer, n); } }

#[tokio::test]
async fn a_group_has_the_value_of_its_last_node() {
    let (lines, came) = told(Groups::new().run(1_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 5);
    assert_eq!(paths(&run.steps), ["outer/inc", "outer/inner/inc", "outer/inner/add", "outer/inner", "outer", "add"]);
    assert_eq!(lines[1], "StepsExecutionStarted outer");
    // `StepOutput` is for steps that stand directly in the workflow's block.
    let outputs: Vec<_> = lines.iter().filter(|line| line.starts_with("StepOutput")).collect();
    assert_eq!(outputs, ["StepOutput add"]);
}

workflow! { Timed(n: u32) -> u32 { steps group (timeout = "5s") { inc; sleep "3s"; steps inner { sleep "3s"; } } } }

#[tokio::test(start_paused = true)]
async fn a_timeout_is_for_all_of_it() {
    let (lines, came) = told(Timed::new().run(1_u32)).await;
    assert_eq!(kind_at(came), (StepErrorKind::Timeout, "group".to_owned()));
    assert_eq!(
        lines[lines.len() - 4..],
        ["StepCancelled group/inner/sleep", "StepsExecutionCompleted group/inner", "StepsExecutionCompleted group", "WorkflowError"]
    );
}

workflow! { OverAPause(n: u32) -> u32 {
    steps group (timeout = "10s") { sleep as before "6s"; ask seconds: u32 = "How long?"; condition long (|seconds| *seconds > 3) { sleep as after "6s"; } }
} }

#[tokio::test(start_paused = true)]
async fn the_days_of_a_pause_do_not_count() {
    let workflow = OverAPause::new();
    for (answer, in_time) in [(1_u32, true), (5, false)] {
        let waits = crate::paused(workflow.run(0_u32).outcome().await);
        tokio::time::advance(std::time::Duration::from_secs(3 * 24 * 3600)).await;
        let (_, came) = told(workflow.answer(waits.run_id(), "seconds", answer)).await;
        if in_time {
            assert_eq!(*completed(came).content, answer);
        } else {
            assert_eq!(kind_at(came), (StepErrorKind::Timeout, "group".to_owned()));
        }
    }
}

workflow! { TimedCondition(n: u32) -> u32 { condition slow (|n| *n > 1, timeout = "5s") { sleep "3s"; inc; sleep as again "3s"; } else { sleep "3s"; inc; } } }

#[tokio::test(start_paused = true)]
async fn a_condition_has_a_timeout_too() {
    assert_eq!(kind_at(TimedCondition::new().run(2_u32).await), (StepErrorKind::Timeout, "slow".to_owned()));
    assert_eq!(*TimedCondition::new().run(1_u32).await.expect("runs").content, 2);
}

workflow! { Long(n: u32) -> u32 {
    inc as a; inc as b; inc as c; inc as d; inc as e; inc as f; inc as g; inc as h; inc as i; inc as j; inc as k; inc as l;
    add(a, l) as m; inc as n_; inc as o; ask go: bool = "Go?"; add(b, o) as p; inc as q; inc as r; inc as s; inc as t; inc as u; inc as v; add(c, m) as w;
} }

#[tokio::test]
async fn a_long_block_behaves_as_a_short_one() {
    let workflow = Long::new();
    let waits = crate::paused(workflow.run(0_u32).outcome().await);
    assert_eq!(waits.partial().steps.len(), 15);
    let run = completed(workflow.answer(waits.run_id(), "go", true).outcome().await);
    // c = 3, m = 1 + 12
    assert_eq!((*run.content, run.steps.len()), (16, 24));
    assert_eq!(run.steps.at("v").expect("ran").content().expect("writes"), Some(23.into()));
}

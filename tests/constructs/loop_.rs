//! `loop`: a body that is repeated, at most so often.

use agno::{EventName, StepErrorKind, prelude::*};

use crate::{
    completed, ends, kind_at, paused, questions,
    support::{events, paths},
    told,
};

#[step]
async fn double(n: &u32) -> u32 {
    n * 2
}

#[step]
fn add(a: &u32, b: &u32) -> u32 {
    a + b
}

#[step]
fn is_big(n: &u32) -> bool {
    *n >= 100
}

#[step]
fn turn(n: &u32, ctx: &StepContext) -> Vec<u32> {
    vec![*n, ctx.iteration(), ctx.max_iterations()]
}

workflow! { Bounded(n: u32) -> u32 { loop grow (max = 3) { double; } } }

#[tokio::test]
async fn the_value_is_carried_forward_up_to_the_bound() {
    let (lines, came) = told(Bounded::new().run(1_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 8);
    assert_eq!(paths(&run.steps), ["grow[0]/double", "grow[0]", "grow[1]/double", "grow[1]", "grow[2]/double", "grow[2]", "grow"]);
    assert_eq!(
        lines[..6],
        [
            "WorkflowStarted",
            "LoopExecutionStarted grow",
            "LoopIterationStarted grow[0]",
            "StepStarted grow[0]/double",
            "StepCompleted grow[0]/double",
            "LoopIterationCompleted grow[0]",
        ]
    );
}

workflow! { Until(n: u32) -> u32 { loop grow (max = 10, until = is_big) { double; } } }

#[tokio::test]
async fn until_ends_it_early_and_sees_the_carried_value() {
    let run = Until::new().run(30_u32).await.expect("runs");
    assert_eq!(*run.content, 120);
    assert_eq!(paths(&run.steps)[..3], ["grow[0]/double", "grow[0]/until", "grow[0]"]);
    assert_eq!(run.steps.len(), 7);
    let events = events(Until::new().run(30_u32).stream()).await;
    let untils: Vec<_> = events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::LoopIterationCompleted { iteration, until, .. } => Some((iteration, until)),
            _ => None,
        })
        .collect();
    assert_eq!(untils, [(0, false), (1, true)]);
    let end = events.iter().find(|event| event.name() == EventName::LoopExecutionCompleted).expect("ended");
    assert!(matches!(end.kind, EventKind::LoopExecutionCompleted { iterations: 2, .. }));
}

#[step]
fn is_over(total: &u32, step: &u32) -> bool {
    total + step > 20
}

workflow! {
    InScope(n: u32) -> u32 {
        double as limit;
        loop grow |n| (max = 10, until = is_over(total, *step + *limit - *limit)) { double as step; add(step, n) as total; }
    }
}

#[tokio::test]
async fn until_names_nodes_of_its_iteration_and_of_outside() {
    // 2: 6 (+4), 18 (+12)
    let run = InScope::new().run(1_u32).await.expect("runs");
    assert_eq!((*run.content, run.steps.at("grow[1]/until").is_some(), run.steps.at("grow[2]").is_none()), (18, true, true));
}

workflow! { Closure(n: u32) -> u32 { double as limit; loop grow |n| (max = 10, until = |now| now > limit && double > n) { double; add(double, n); } } }

#[tokio::test]
async fn until_may_be_a_closure() {
    let run = Closure::new().run(3_u32).await.expect("runs");
    assert_eq!(*run.content, 18);
    assert_eq!(paths(&run.steps)[1..5], ["grow[0]/double", "grow[0]/add", "grow[0]/until", "grow[0]"]);
}

const MAX: u32 = 2;

workflow! { Accepts(n: u32) -> u32 { loop grow (max = MAX + 1, until = is_big, on_max = accept) { double; } } }

workflow! { FailsAtMax(n: u32) -> u32 { loop grow (max = 3, until = is_big, on_max = fail) { double; } double; } }

workflow! { FailsInside(n: u32) -> u32 { steps group { loop grow (max = 3, until = is_big, on_max = fail, on_error = skip) { double; } } } }

#[tokio::test]
async fn at_the_bound_the_value_is_accepted_or_the_loop_fails() {
    assert_eq!(*Accepts::new().run(1_u32).await.expect("runs").content, 8);
    assert_eq!(*FailsAtMax::new().run(20_u32).await.expect("runs").content, 320);
    let (lines, came) = told(FailsAtMax::new().run(1_u32)).await;
    let error = came.expect_err("fails");
    assert_eq!(
        ends(&error.partial().expect("a run").steps)[6..],
        ["grow[2]/double", "grow[2]/until", "grow[2]", "grow: failed, still not done after 3 iterations"]
    );
    assert_eq!(kind_at::<()>(Err(error)), (StepErrorKind::LoopBound, "grow".to_owned()));
    assert_eq!(lines[lines.len() - 2..], ["LoopExecutionCompleted grow", "WorkflowError"]);
    let run = FailsInside::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, 1);
    assert_eq!(ends(&run.steps)[9..], ["group/grow: skipped, still not done after 3 iterations", "group"]);
}

workflow! { Restarts(n: u32) -> String { loop tries |n| (max = 5, restart, until = |text| text.len() > 2) { turn; map as text |turn| "x".repeat(turn[1] as usize + *n as usize); } } }

#[tokio::test]
async fn with_restart_every_iteration_gets_the_value_from_before() {
    let run = Restarts::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, "xxx");
    let turns: Vec<_> =
        (0..3).map(|i| run.steps.at(&format!("tries[{i}]/turn")).expect("ran").content().expect("writes").expect("is there")).collect();
    assert_eq!(serde_json::Value::from(turns), serde_json::json!([[1, 0, 5], [1, 1, 5], [1, 2, 5]]));
}

workflow! { RestartsWithoutUntil(n: u32) -> String { loop tries (max = 2, restart) { map |n| format!("{n}"); } } }

#[tokio::test]
async fn restart_gives_the_value_of_the_last_iteration() {
    assert_eq!(*RestartsWithoutUntil::new().run(7_u32).await.expect("runs").content, "7");
}

workflow! {
    Nested(n: u32) -> Vec<u32> {
        loop outer |n| (max = 2) { loop inner |m| (max = 3) { add(m, n); } turn; map |turn| turn[0] + turn[1]; }
        turn;
    }
}

#[tokio::test]
async fn the_context_knows_the_innermost_loop() {
    let run = Nested::new().run(1_u32).await.expect("runs");
    // 1: 2, 3, 4 (+0); 4: 8, 12, 16 (+1)
    assert_eq!(*run.content, [17, 0, 0]);
    let turn = run.steps.at("outer[1]/turn").expect("ran").content().expect("writes");
    assert_eq!(turn, Some(serde_json::json!([16, 1, 2])));
    assert!(paths(&run.steps).contains(&"outer[1]/inner[2]/add".to_owned()));
}

workflow! {
    Carries(n: u32) -> u32 {
        parallel start { double; add(n, n); }
        loop grow |a, b| (max = 3, until = |a, b| a + b > 30) { parallel next { add(a, b) as a; double(b) as b; } }
        map |a, b| a * 1000 + b;
    }
}

#[tokio::test]
async fn several_values_are_carried() {
    // (4, 4), (8, 8), (16, 16)
    assert_eq!(*Carries::new().run(2_u32).await.expect("runs").content, 16016);
}

#[step]
fn fails_at_two(n: &u32, ctx: &StepContext) -> Result<u32, String> {
    if ctx.iteration() == 2 { Err(format!("no more than {n}")) } else { Ok(n + 1) }
}

workflow! { Breaks(n: u32) -> u32 { loop grow (max = 9) { fails_at_two; } } }

#[tokio::test]
async fn a_failing_iteration_fails_the_loop() {
    let (lines, came) = told(Breaks::new().run(1_u32)).await;
    let error = came.expect_err("fails");
    assert_eq!(
        ends(&error.partial().expect("a run").steps)[4..],
        ["grow[2]/fails_at_two: failed, no more than 3", "grow[2]: failed, no more than 3", "grow: failed, no more than 3",]
    );
    assert_eq!(
        lines[lines.len() - 4..],
        ["StepError grow[2]/fails_at_two", "LoopIterationCompleted grow[2]", "LoopExecutionCompleted grow", "WorkflowError",]
    );
}

workflow! { AsksInside(n: u32) -> u32 {
    loop talk |n| (max = 3, until = is_over(more, *add)) { ask more: u32 = format!("{n} and?"); add(n, more); }
    double;
} }

#[tokio::test]
async fn an_iteration_may_wait_for_an_answer() {
    let workflow = AsksInside::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert_eq!(questions(&waits), ["talk[0]/more"]);
    let (lines, came) = told(workflow.answer(waits.run_id(), "more", 4_u32)).await;
    let waits = paused(came);
    assert_eq!((questions(&waits), &*waits.questions()[0].text), (vec!["talk[1]/more"], "5 and?"));
    assert_eq!(
        lines,
        [
            "WorkflowContinued",
            "StepContinued talk[0]/more",
            "StepStarted talk[0]/add",
            "StepCompleted talk[0]/add",
            "StepStarted talk[0]/until",
            "StepCompleted talk[0]/until",
            "LoopIterationCompleted talk[0]",
            "LoopIterationStarted talk[1]",
            "StepPaused talk[1]/more",
            "WorkflowPaused",
        ]
    );
    let run = completed(workflow.answer(waits.run_id(), "talk[1]/more", 20_u32).outcome().await);
    assert_eq!(*run.content, 50);
}

workflow! { Times(n: u32) -> u32 { loop grow (max = 100, timeout = "2500ms") { sleep "1s"; double; } } }

#[tokio::test(start_paused = true)]
async fn a_timeout_is_for_all_iterations() {
    let (lines, came) = told(Times::new().run(0_u32)).await;
    assert_eq!(kind_at(came), (StepErrorKind::Timeout, "grow".to_owned()));
    assert_eq!(
        lines[lines.len() - 4..],
        ["StepCancelled grow[2]/sleep", "LoopIterationCompleted grow[2]", "LoopExecutionCompleted grow", "WorkflowError"]
    );
}

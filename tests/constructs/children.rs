//! Steps that orchestrate: `ctx.step::<…>(…)`, `ctx.call(&…, …)`.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use agno::{StepErrorKind, prelude::*};
use futures_util::StreamExt as _;

use crate::{completed, ends, kind_at, paused, questions, support::paths, told};

#[step]
async fn research(topic: &str, depth: u32) -> Vec<String> {
    (0..depth).map(|n| format!("{topic}{n}")).collect()
}

#[step(retry = 2, backoff = "1ms")]
async fn flaky(n: &u32, ctx: &StepContext) -> Result<u32, String> {
    ctx.emit("trying");
    if ctx.attempt() < 2 { Err("not yet".into()) } else { Ok(n + 1) }
}

#[step]
fn nothing() -> u32 {
    5
}

struct Judge(u32);

#[step]
impl Judge {
    async fn run(&self, page: &str) -> bool {
        page.len() as u32 > self.0
    }
}

workflow! { Inner(n: u32) -> u32 { flaky; } }

/// Plain Rust with `if`, `for` and `?`, and yet durable.
#[step]
async fn plan(topic: &str, ctx: &StepContext) -> Result<String, StepError> {
    let judge = Arc::new(Judge(3));
    let pages = ctx.step::<research>((topic.to_owned(), 3)).await?;
    let mut good = 0;
    for page in pages.iter() {
        if *ctx.call(&judge, page.clone()).await? {
            good += 1;
        }
    }
    let more = ctx.step::<flaky>(good).await?;
    let nested = ctx.call(&Inner::new(), *more).await?;
    let five = ctx.step::<nothing>(()).await?;
    Ok(format!("{good} {more} {nested} {five}"))
}

workflow! { Orchestrates(topic: String) -> String { plan; } }

#[tokio::test(start_paused = true)]
async fn a_step_runs_children_with_paths_and_records() {
    let (lines, came) = told(Orchestrates::new().run("abc")).await;
    let run = completed(came);
    assert_eq!(*run.content, "3 4 5 5");
    assert_eq!(
        paths(&run.steps),
        [
            "plan/research#0",
            "plan/judge#0",
            "plan/judge#1",
            "plan/judge#2",
            "plan/flaky#0",
            "plan/inner#0/flaky",
            "plan/inner#0",
            "plan/nothing#0",
            "plan",
        ]
    );
    assert_eq!(run.steps.at("plan/flaky#0").expect("ran").attempts(), 2);
    assert!(lines.contains(&"StepRetrying plan/inner#0/flaky".to_owned()));
}

#[step]
async fn watch(n: &u32, ctx: &StepContext) -> Result<Vec<String>, StepError> {
    let mut stream = ctx.step::<flaky>(*n).stream();
    let mut seen = Vec::new();
    while let Some(event) = stream.next().await {
        seen.push(format!("{} {}", event.name(), event.path));
    }
    seen.push(stream.output().await?.to_string());
    Ok(seen)
}

workflow! { Watches(n: u32) -> Vec<String> { watch; } }

#[tokio::test(start_paused = true)]
async fn a_step_may_look_on() {
    let run = Watches::new().run(1_u32).await.expect("runs");
    assert_eq!(
        *run.content,
        [
            "StepStarted watch/flaky#0",
            "RunContent watch/flaky#0",
            "StepRetrying watch/flaky#0",
            "RunContent watch/flaky#0",
            "StepCompleted watch/flaky#0",
            "2",
        ]
    );
}

#[step(retry = 1, backoff = "1ms")]
async fn twice(n: &u32, ctx: &StepContext) -> Result<u32, String> {
    let one = ctx.step::<nothing>(()).await.map_err(|error| error.to_string())?;
    if ctx.attempt() == 1 { Err("again".into()) } else { Ok(n + *one) }
}

workflow! { Again(n: u32) -> u32 { twice; } }

#[tokio::test(start_paused = true)]
async fn a_failed_attempts_children_are_run_anew() {
    let run = Again::new().run(1_u32).await.expect("runs");
    assert_eq!((*run.content, paths(&run.steps)), (6, ["twice/nothing#0", "twice~2/nothing#0", "twice"].map(String::from).to_vec()));
}

workflow! { Asks(n: u32) -> u32 { ask more: u32 = "More?"; } }

static CALLS: AtomicU32 = AtomicU32::new(0);

#[step]
fn counted() -> u32 {
    CALLS.fetch_add(1, SeqCst)
}

#[step]
async fn interview(n: &u32, ctx: &StepContext) -> Result<u32, StepError> {
    let first = ctx.step::<counted>(()).await?;
    let answer = ctx.call(&Asks::new(), *n).await?;
    Ok(*first + *answer + n)
}

workflow! { Interviews(n: u32) -> u32 { interview; } }

#[tokio::test]
async fn a_child_may_wait_for_an_answer() {
    let workflow = Interviews::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert_eq!(questions(&waits), ["interview/asks#0/more"]);
    let run = completed(workflow.answer(waits.run_id(), "more", 10_u32).outcome().await);
    // The recorded child gave its record.
    assert_eq!((*run.content, CALLS.load(SeqCst)), (11, 1));
    assert_eq!(ends(&run.steps).last().map(String::as_str), Some("interview"));
}

#[step]
fn fails(n: &u32) -> Result<u32, String> {
    Err(format!("no {n}"))
}

#[step]
async fn copes(n: &u32, ctx: &StepContext) -> Result<String, StepError> {
    match ctx.step::<fails>(*n).await {
        Ok(n) => Ok(n.to_string()),
        Err(error) if *n == 1 => Ok(error.to_string()),
        Err(error) => Err(error),
    }
}

workflow! { Copes(n: u32) -> String { copes; } }

#[tokio::test]
async fn a_childs_failure_is_a_value() {
    let run = Copes::new().run(1_u32).await.expect("runs");
    assert_eq!((&**run.content, run.metrics.steps), ("`copes/fails#0`: no 1", 1));
    assert_eq!(kind_at(Copes::new().run(2_u32).await), (StepErrorKind::Error, "copes".to_owned()));
}

static FORGETFUL: AtomicU32 = AtomicU32::new(0);

#[step]
async fn forgetful(n: &u32, ctx: &StepContext) -> Result<u32, StepError> {
    if FORGETFUL.fetch_add(1, SeqCst) == 0 {
        ctx.step::<nothing>(()).await?;
    } else {
        ctx.step::<counted>(()).await?;
    }
    ctx.call(&Asks::new(), *n).await.map(|n| *n)
}

workflow! { Forgets(n: u32) -> u32 { forgetful; } }

#[tokio::test]
async fn another_order_of_calls_is_an_error_that_names_both() {
    let workflow = Forgets::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    let error = workflow.answer(waits.run_id(), "more", 10_u32).await.expect_err("diverges");
    let text = error.to_string();
    assert!(matches!(error, RunError::DefinitionChanged { .. }) && text.contains("`nothing`") && text.contains("`counted`"), "{text}");
}

#[step]
async fn side_by_side(n: &u32, ctx: &StepContext) -> Result<u32, StepError> {
    let (a, b) = futures_util::future::try_join(ctx.step::<flaky>(*n).into_future(), ctx.step::<flaky>(*n + 10).into_future()).await?;
    Ok(*a + *b)
}

workflow! { InBranches(n: u32) -> u32 { parallel both { side_by_side; side_by_side as other; } map |a, b| a + b; } }

#[tokio::test(start_paused = true)]
async fn children_may_run_side_by_side() {
    let (lines, came) = told(InBranches::new().run(1_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 28);
    assert!(lines.contains(&"StepCompleted both/other/flaky#1".to_owned()));
}

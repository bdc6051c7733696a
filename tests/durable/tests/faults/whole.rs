//! The workflow with every kind of node, and what must be true of its runs whatever happened to them.

use std::collections::BTreeMap;

use agno::{DbError, InMemoryDb, RunStream, StepResult, prelude::*};
use agno_durable::{Everything, answers, effects_here, everything};
use futures_util::StreamExt as _;
use tokio::sync::OnceCell;

use crate::support::soon;

const TEXT: &str = "a few words here";

/// How a run ends that nothing happens to.
pub(crate) struct Whole {
    pub(crate) content: String,
    pub(crate) effects: BTreeMap<String, usize>,
}

/// The same for all tests.
pub(crate) async fn whole() -> &'static Whole {
    static WHOLE: OnceCell<Whole> = OnceCell::const_new();
    let run = || async {
        let outcome = answers().run(everything(InMemoryDb::new()).run(TEXT).run_id("whole")).await;
        let Ok(Outcome::Completed(run)) = outcome else { panic!("{outcome:?}") };
        Whole { content: run.content.to_string(), effects: effects_here("whole") }
    };
    WHOLE.get_or_init(run).await
}

/// A run that begins, or is taken on if it has begun.
pub(crate) async fn run(workflow: &Everything, run_id: &str) -> Result<Outcome<String, String>, RunError> {
    soon(answers().run(workflow.run(TEXT).run_id(run_id).session(run_id).store_events(true))).await
}

/// Runs as far as this many events, and gives what is left of it. `None`: there were not that many.
pub(crate) async fn run_until(workflow: &Everything, run_id: &str, events: usize) -> Option<RunStream<Everything>> {
    let mut stream = workflow.run(TEXT).run_id(run_id).session(run_id).store_events(true).stream();
    for _ in 0..events {
        soon(stream.next()).await?.expect("nothing is wrong yet");
    }
    Some(stream)
}

/// Reads the rest of a stream, and gives what the leg came to.
pub(crate) async fn rest(mut stream: RunStream<Everything>) -> Result<Outcome<String, String>, RunError> {
    while let Some(event) = soon(stream.next()).await {
        if let Err(agno::Error::Run(error)) = event {
            return Err(error);
        }
    }
    stream.outcome().expect("it has ended")
}

/// The error of a store in what a leg came to. A pause is none: the leg had nothing more to write.
pub(crate) fn store_error(outcome: Result<Outcome<String, String>, RunError>) -> Option<DbError> {
    match outcome {
        Err(RunError::Db { error, .. }) => Some(error),
        Ok(Outcome::Paused(_)) => None,
        other => panic!("{other:?}"),
    }
}

/// Takes a run on after a fault, and checks that it comes to what it would have come to without, and that nothing runs again that was committed.
pub(crate) async fn check_goes_on(workflow: &Everything, run_id: &str) {
    let stored = workflow.get_run(run_id).await.expect("it can be read");
    let committed: Vec<String> = stored.iter().flat_map(|run| &run.steps).map(StepResult::path).collect();
    let before = effects_here(run_id);
    let outcome = run(workflow, run_id).await;
    let Ok(Outcome::Completed(output)) = outcome else { panic!("{run_id}: {outcome:?}") };
    check_ended(run_id, &output.content).await;
    let after = effects_here(run_id);
    for path in committed.iter().filter(|path| before.contains_key(*path)) {
        assert_eq!(before[path], after[path], "{run_id}: {path} was committed, and ran again");
    }
}

/// What is true of each run in the end, if it was cut once: steps that were at work may have run again, of which there may be two at once.
pub(crate) async fn check_ended(run_id: &str, content: &str) {
    check_cut(run_id, content, 1).await;
}

/// The same for a run that was cut several times.
pub(crate) async fn check_cut(run_id: &str, content: &str, cuts: usize) {
    let (whole, effects) = (whole().await, effects_here(run_id));
    assert_eq!(content, whole.content, "{run_id}");
    assert!(whole.effects.keys().eq(effects.keys()), "{run_id}: other steps ran: {effects:?}");
    let again: usize = effects.iter().map(|(path, times)| times - whole.effects[path]).sum();
    assert!(again <= 2 * cuts, "{run_id}: {again} steps ran again: {effects:?}");
}

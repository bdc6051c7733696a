//! The crash matrix: a workflow is cut at every write to its store, and taken on by another process.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use super::{
    Answers, Doomed,
    grammar::{self, Extent},
};
use crate::{
    db::{Db, InMemoryDb},
    event::{Event, EventName},
    workflow::{ExtraGiven, RunBuilder, Runner, Status, WithoutExtra, Workflow, kept::stored_events},
};

/// The id of the run that is cut.
const RUN: &str = "crash-matrix";

/// The session of it.
const SESSION: &str = "crash-matrix-session";

/// What came of a crash matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrashReport {
    /// Writes to the store, at each of which the run was cut twice: before it was made, and after.
    pub writes: usize,
    /// Cuts after which the run was there, and went on.
    pub resumed: usize,
    /// Cuts that came before the run was stored, so that its caller began it anew.
    pub begun_anew: usize,
}

/// What a run came to.
#[derive(Debug, PartialEq)]
struct Came {
    status: Status,
    content: Option<Value>,
    /// Of its session: the path of the nested workflow whose state it is, and the value.
    states: Vec<(String, Value)>,
    error: Option<String>,
    questions: Vec<String>,
}

/// Cuts a run of the workflow at every write to its store, in memory, and takes it on as another process would: whatever was recorded must not run
/// again, and the run must come to the same output, the same state and a whole log of events as the one that is not cut.
///
/// Steps run again whose record was not written when the run was cut; what they do outside should stand that (`effect = once` where it does not). A
/// test that pauses tokio's clock does not wait for `sleep` and backoff. Questions need [`crash_matrix_with`].
///
/// # Panics
/// A run that was cut came to something else. The text says where it was cut, and how they differ.
pub async fn crash_matrix<W: Workflow>(workflow: &W, input: W::Input) -> CrashReport
where
    WithoutExtra: ExtraGiven<W>,
{
    crash_matrix_with(workflow, input, &Answers::new()).await
}

/// The same for a workflow that asks, with what is answered.
///
/// # Panics
/// As [`crash_matrix`].
pub async fn crash_matrix_with<W: Workflow>(workflow: &W, input: W::Input, answers: &Answers) -> CrashReport
where
    WithoutExtra: ExtraGiven<W>,
{
    let input = W::INPUT.json(&input).unwrap_or_else(|error| panic!("the input cannot be written as JSON: {error}"));
    let db = InMemoryDb::new();
    let doomed = Doomed::new(db.clone());
    let whole = workflow.on(doomed.clone());
    // How it came out is read from the store, a failure too.
    _ = answers.run(begin(&whole, &input)).await;
    let expected = result(&whole, &db, "the run that was not cut").await;
    let expected_events = check_events(&db, "the run that was not cut", expected.status).await;
    let writes = doomed.writes();
    let mut report = CrashReport { writes: 0, resumed: 0, begun_anew: 0 };
    'writes: for write in 0.. {
        for made in [false, true] {
            let place = format!("cut {} write {write} of {writes}", if made { "after" } else { "before" });
            let db = InMemoryDb::new();
            let later = db.another_owner();
            let dying = Doomed::new(db).at(write, made);
            let cut = workflow.on(dying.clone());
            tokio::select! {
                biased;
                () = dying.died() => {}
                // It came through: it has no such write. How many there are may differ by a few, as steps that run at once share writes.
                _ = answers.run(begin(&cut, &input)) => break 'writes,
            }
            drop((cut, dying));
            let before = stored(&later, &place).await;
            let next = workflow.on(later.clone());
            if later.run(RUN).await.unwrap_or_else(|error| panic!("{place}: {error}")).is_some() {
                report.resumed += 1;
                _ = answers.run(next.resume(RUN)).await;
            } else {
                report.begun_anew += 1;
                _ = answers.run(begin(&next, &input)).await;
            }
            let got = result(&next, &later, &place).await;
            let events = check_events(&later, &place, got.status).await;
            if got != expected {
                panic!(
                    "{place}: it came to something else\n  expected {expected:?}\n       got {got:?}\n{}",
                    lines(&stored(&later, &place).await)
                );
            }
            assert_eq!(events, expected_events, "{place}: other nodes have ended");
            let again = begun_again(&before, &stored(&later, &place).await);
            assert!(again.is_empty(), "{place}: these were recorded, and ran again: {again:?}");
        }
        report.writes += 1;
    }
    report
}

fn begin<W: Workflow>(runner: &Runner<W>, input: &Value) -> RunBuilder<W, WithoutExtra> {
    runner.run_json(input.clone()).run_id(RUN).session(SESSION).store_events(true)
}

/// What is stored of the run.
async fn result<W: Workflow>(runner: &Runner<W>, db: &InMemoryDb, place: &str) -> Came {
    match runner.get_run(RUN).await {
        Ok(Some(run)) => {
            let states = db.states(SESSION).await.unwrap_or_else(|error| panic!("{place}: {error}"));
            let states = states.into_iter().map(|state| (state.key, state.value)).collect();
            let questions = run.questions.into_iter().map(|question| question.path).collect();
            Came { status: run.status, content: run.content, states, error: run.error, questions }
        }
        Ok(None) => panic!("{place}: the run is not stored"),
        Err(error) => panic!("{place}: {error}"),
    }
}

/// Steps that had completed by then, and began once more. Each turn of a loop and each start of a node has a path of its own.
fn begun_again(before: &[Arc<Event>], after: &[Arc<Event>]) -> Vec<String> {
    let completed: BTreeSet<&str> =
        before.iter().filter(|event| event.name() == EventName::StepCompleted).map(|event| event.path.as_str()).collect();
    let later = after.iter().skip(before.len()).filter(|event| event.name() == EventName::StepStarted);
    later.filter(|event| completed.contains(event.path.as_str())).map(|event| event.path.clone()).collect()
}

async fn stored(db: &InMemoryDb, place: &str) -> Vec<Arc<Event>> {
    stored_events(db, RUN).await.unwrap_or_else(|error| panic!("{place}: {error}"))
}

fn lines(events: &[Arc<Event>]) -> String {
    let lines: Vec<_> = events.iter().map(|event| format!("  {:>4} {} {}", event.sequence, event.name(), event.path)).collect();
    lines.join("\n")
}

/// The events must be whole and a sentence of the grammar. Gives where steps have completed.
async fn check_events(db: &InMemoryDb, place: &str, status: Status) -> BTreeSet<String> {
    let events = stored(db, place).await;
    let missing = events.iter().zip(0..).find(|(event, number)| event.sequence != *number);
    let extent = if status.is_terminal() { Extent::Whole } else { Extent::SoFar };
    let sentence = grammar::check(events.iter().map(|event| &**event), extent);
    if let Err(reason) = sentence.map_err(|error| error.to_string()).and_then(|()| match missing {
        Some((event, number)) => Err(format!("number {number} is missing before {}", event.sequence)),
        None => Ok(()),
    }) {
        panic!("{place}: its events are not whole: {reason}\n{}", lines(&events));
    }
    events.iter().filter(|event| event.name() == EventName::StepCompleted).map(|event| event.path.clone()).collect()
}

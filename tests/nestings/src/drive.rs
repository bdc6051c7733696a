//! Runs a generated workflow, and compares what it does with what it should do.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Mutex, OnceLock, PoisonError},
    task::Poll,
};

use agno::{
    ExtraGiven, Runner, StepOutcome, StoredRun, WithoutExtra,
    prelude::*,
    testing::grammar::{self, Extent},
};
use futures_util::{Stream, StreamExt as _};
use serde_json::Value as Json;

use crate::{
    generate::{self, model::Suite, rng::Rng},
    interpret::{Expected, How, interpret},
    steps::{D, calls_of, mix},
};

type Events = Pin<Box<dyn Stream<Item = agno::Result<Event>>>>;

/// A workflow without its type, so that all of this is compiled once.
trait Flow {
    fn run(&self, run_id: &str, input: D) -> Events;
    fn resume(&self, run_id: &str) -> Events;
    fn answer(&self, run_id: &str, question: &str, answer: Json) -> Events;
    fn stored<'f>(&'f self, run_id: &'f str) -> Pin<Box<dyn Future<Output = StoredRun> + 'f>>;
}

impl<W: Workflow<Input = D, Output = D>> Flow for Runner<W>
where
    WithoutExtra: ExtraGiven<W>,
{
    fn run(&self, run_id: &str, input: D) -> Events {
        Box::pin(self.run(input).run_id(run_id).store_events(true).stream())
    }

    fn resume(&self, run_id: &str) -> Events {
        Box::pin(self.resume(run_id).stream())
    }

    fn answer(&self, run_id: &str, question: &str, answer: Json) -> Events {
        Box::pin(self.answer_json(run_id, question, answer).stream())
    }

    fn stored<'f>(&'f self, run_id: &'f str) -> Pin<Box<dyn Future<Output = StoredRun> + 'f>> {
        Box::pin(async move { self.get_run(run_id).await.expect("the store answers").expect("the run is stored") })
    }
}

/// Inputs that every workflow is run with.
const INPUTS: u64 = 3;

/// How often each of these runs is cut into pieces, unless `AGNO_NESTINGS_CUTS` says otherwise.
const CUTS: u64 = 2;

/// No run has so many legs.
const LEGS: usize = 5_000;

/// Runs the workflow of a case: whole, and cut into pieces.
pub fn check<W: Workflow<Input = D, Output = D>>(suite: &str, index: usize, workflow: &Runner<W>)
where
    WithoutExtra: ExtraGiven<W>,
{
    check_flow(suite, index, workflow);
}

fn check_flow(suite: &str, index: usize, flow: &dyn Flow) {
    let case = &suite_of(suite).cases[index];
    let mut wrong = Vec::new();
    for input in 0..INPUTS {
        let given = D { n: mix(input, case.workflow.name.as_bytes()), trail: "in".to_owned() };
        let expected = interpret(case, &given);
        for cut in 0..=cuts() {
            let run_id = format!("{}-{input}-{cut}", case.workflow.name);
            let rng = (cut > 0).then(|| Rng::new(mix(cut, run_id.as_bytes())));
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().start_paused(true).max_blocking_threads(1).build().expect("a runtime");
            let ran = catch_unwind(AssertUnwindSafe(|| runtime.block_on(run(flow, &expected, &given, &run_id, rng))));
            let mistake = match ran {
                Ok(Ok(())) => continue,
                Ok(Err(mistake)) => mistake,
                Err(panic) => panic
                    .downcast_ref::<String>()
                    .cloned()
                    .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                    .unwrap_or_default(),
            };
            let kind = if cut == 0 { "whole" } else { "cut" };
            wrong.push(format!("input {input}, {kind} ({run_id}): {mistake}"));
            // What is wrong without a cut is wrong with one.
            break;
        }
    }
    if !wrong.is_empty() {
        let mut source = String::new();
        case.nested.iter().chain([&case.workflow]).for_each(|workflow| generate::print::workflow(&mut source, workflow, ""));
        panic!("{}\n\n{source}", wrong.join("\n"));
    }
}

fn cuts() -> u64 {
    std::env::var("AGNO_NESTINGS_CUTS").map_or(CUTS, |cuts| cuts.parse().expect("a number of cuts"))
}

fn suite_of(name: &str) -> &'static Suite {
    static SUITE: OnceLock<Suite> = OnceLock::new();
    SUITE.get_or_init(|| generate::suite(name))
}

/// How a leg is read.
enum Read {
    Whole,
    /// Dropped after so many events.
    Events(usize),
    /// Dropped when it has waited so often.
    Waits(usize),
}

/// Reads a leg's events. `false`: it was dropped before its end.
async fn read(mut events: Events, how: &Read, seen: &mut Vec<u64>) -> Result<bool, String> {
    let mut left = match how {
        Read::Whole => usize::MAX,
        Read::Events(count) | Read::Waits(count) => *count,
    };
    let by_waits = matches!(how, Read::Waits(_));
    poll_fn(|cx| {
        loop {
            match events.poll_next_unpin(cx) {
                Poll::Ready(None) => return Poll::Ready(Ok(true)),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(format!("the leg does not begin: {error}"))),
                Poll::Ready(Some(Ok(event))) => {
                    seen.push(event.sequence);
                    if !by_waits {
                        left -= 1;
                        if left == 0 {
                            return Poll::Ready(Ok(false));
                        }
                    }
                }
                Poll::Pending if by_waits && left == 0 => return Poll::Ready(Ok(false)),
                Poll::Pending => {
                    left -= usize::from(by_waits);
                    return Poll::Pending;
                }
            }
        }
    })
    .await
}

async fn run(flow: &dyn Flow, expected: &Expected, input: &D, run_id: &str, mut cuts: Option<Rng>) -> Result<(), String> {
    let whole = cuts.is_none();
    let mut seen = Vec::new();
    // What was recorded when the run was cut, with its calls until then.
    let mut kept: BTreeMap<String, u32> = BTreeMap::new();
    let mut left = 6;
    let mut events = flow.run(run_id, input.clone());
    for _ in 0..LEGS {
        let mut how = Read::Whole;
        if let Some(rng) = &mut cuts
            && left > 0
            && rng.one_in(2)
        {
            left -= 1;
            how = if rng.one_in(2) { Read::Events(1 + rng.below(24)) } else { Read::Waits(rng.below(24)) };
        }
        let ended = read(events, &how, &mut seen).await?;
        if !ended {
            // A thread that the dropped leg had begun goes on to its end. There is one only, so this comes after it.
            tokio::task::spawn_blocking(|| ()).await.expect("does nothing");
        }
        let stored = flow.stored(run_id).await;
        grammar(&stored)?;
        again(&stored, run_id, &mut kept)?;
        events = match stored.status {
            Status::Completed | Status::Failed => return compare(&stored, expected, run_id, whole.then_some(&*seen)),
            Status::Running if !ended => flow.resume(run_id),
            Status::Paused => {
                let questions = &stored.questions;
                let index = cuts.as_mut().map_or(0, |rng| rng.below(questions.len()));
                let path = &questions[index].path;
                let answer = match expected.answers.get(path) {
                    Some(answer) => answer.clone(),
                    None if is_loose(expected, path) => "retry".into(),
                    None => return Err(format!("an unexpected question `{path}`")),
                };
                flow.answer(run_id, path, answer)
            }
            other => return Err(format!("the leg's stream has ended (or was dropped: {}), and the run is {other}", !ended)),
        };
    }
    Err(format!("the run does not end in {LEGS} legs"))
}

fn grammar(stored: &StoredRun) -> Result<(), String> {
    let events = stored.events.as_ref().ok_or("no events are stored")?;
    let extent = if stored.status.is_terminal() { Extent::Whole } else { Extent::SoFar };
    grammar::check(events.iter().map(|event| &**event), extent).map_err(|error| {
        let lines: Vec<_> = events.iter().map(|event| format!("    {} {}", event.name(), event.path)).collect();
        format!("the events break the grammar: {error}\n{}", lines.join("\n"))
    })
}

/// No step is called again once it is recorded.
fn again(stored: &StoredRun, run_id: &str, kept: &mut BTreeMap<String, u32>) -> Result<(), String> {
    let calls = calls_of(run_id);
    for (path, before) in &*kept {
        let now = calls.get(path).map_or(0, |called| called.begun);
        if now != *before {
            return Err(format!("`{path}` was recorded after {before} calls, and is called again: {now}"));
        }
    }
    for step in &stored.steps {
        let path = step.path();
        if let (StepOutcome::Completed, Some(called)) = (step.outcome(), calls.get(&path)) {
            kept.insert(path, called.begun);
        }
    }
    Ok(())
}

fn compare(stored: &StoredRun, expected: &Expected, run_id: &str, seen: Option<&[u64]>) -> Result<(), String> {
    let output = match (&expected.result, &stored.content) {
        (Ok(expected), Some(content)) => {
            let content: D = serde_json::from_value(content.clone()).map_err(|error| error.to_string())?;
            if content == *expected { None } else { Some(format!("gives {content:?}, expected {expected:?}")) }
        }
        (Err(path), None) => match &stored.error {
            Some(error) if error.contains(&format!("`{path}`")) => None,
            other => Some(format!("fails with {other:?}, expected a failure at `{path}`")),
        },
        (expected, content) => Some(format!("gives {content:?} ({:?}), expected {expected:?}", stored.error)),
    };
    let is_loose = |path: &str| is_loose(expected, path);
    let mut mistakes: Vec<String> = output.into_iter().collect();
    let found: BTreeMap<String, How> = stored.steps.iter().map(|step| (step.path(), how(&step.outcome()))).collect();
    for (path, how) in &expected.records {
        match found.get(path) {
            _ if is_loose(path) => {}
            None => mistakes.push(format!("`{path}` is not recorded, expected {how:?}")),
            Some(found) if found != how => mistakes.push(format!("`{path}` is {found:?}, expected {how:?}")),
            Some(_) => {}
        }
    }
    for (path, how) in &found {
        if !is_loose(path) && !expected.records.contains_key(path) {
            mistakes.push(format!("`{path}` is recorded as {how:?}, but should not run"));
        }
    }
    let calls = calls_of(run_id);
    for (path, expected) in &expected.calls {
        let found = calls.get(path).map_or(0, |called| called.begun);
        let right = if seen.is_some() { found == *expected } else { found >= *expected };
        if !is_loose(path) && !right {
            mistakes.push(format!("`{path}` is called {found} times, expected {expected}"));
        }
    }
    for path in calls.keys() {
        if !is_loose(path) && !expected.calls.contains_key(path) {
            mistakes.push(format!("`{path}` is called, but should not be"));
        }
    }
    if let Some(seen) = seen {
        let kept: Vec<u64> = stored.events.iter().flatten().map(|event| event.sequence).collect();
        if kept != seen {
            mistakes.push(format!("{} events are streamed, {} are stored", seen.len(), kept.len()));
        }
    }
    if mistakes.is_empty() {
        count(stored, expected, run_id);
        return Ok(());
    }
    mistakes.truncate(8);
    Err(mistakes.join("\n    "))
}

/// Whether it depends on timing what happens there.
fn is_loose(expected: &Expected, path: &str) -> bool {
    expected.loose.iter().any(|loose| path.starts_with(loose.as_str()))
}

fn how(outcome: &StepOutcome) -> How {
    match outcome {
        StepOutcome::Completed => How::Completed,
        StepOutcome::Skipped(_) => How::Skipped,
        StepOutcome::Failed(_) => How::Failed,
        other => {
            assert_eq!(*other, StepOutcome::Cancelled, "nothing else is left at the end");
            How::Cancelled
        }
    }
}

/// What has been compared, for the curious: `AGNO_NESTINGS_COUNT=1`.
fn count(stored: &StoredRun, expected: &Expected, run_id: &str) {
    static TOTAL: Mutex<[usize; 5]> = Mutex::new([0; 5]);
    if std::env::var_os("AGNO_NESTINGS_COUNT").is_none() {
        return;
    }
    let mut total = TOTAL.lock().unwrap_or_else(PoisonError::into_inner);
    let calls: u32 = calls_of(run_id).values().map(|called| called.begun).sum();
    let events = stored.events.as_ref().map_or(0, Vec::len);
    for (sum, more) in total.iter_mut().zip([1, expected.records.len(), calls as usize, events, expected.answers.len()]) {
        *sum += more;
    }
    let [runs, records, calls, events, answers] = *total;
    println!("{runs} runs, {records} records, {calls} calls, {events} events, {answers} answers");
}

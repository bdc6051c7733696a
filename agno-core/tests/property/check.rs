//! Whether a run came to what its plan says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

use agno_core::{MediaSource, Status, StepOutcome};
use serde_json::{Value as Json, json};

use crate::{drive::Came, expected::Expected, generate::Case, values::lasting};

/// What differs, and what has happened.
pub(crate) fn check(case: &Case, expected: &Expected, came: &Came) -> Result<(), String> {
    compare(case, expected, came).map_err(|error| {
        let events = came.run.events.iter().flatten().map(|event| format!("  {:>4} {} {}", event.sequence, event.name(), event.path));
        format!("{error}\n{}", events.collect::<Vec<_>>().join("\n"))
    })
}

fn compare(case: &Case, expected: &Expected, came: &Came) -> Result<(), String> {
    let Came { run, .. } = came;
    match &expected.result {
        Ok(value) => {
            same("status", &(Status::Completed, None), &(run.status, run.error.clone()))?;
            same("output", &Some(json!(value)), &run.content)?;
        }
        Err(path) => {
            same("status", &Status::Failed, &run.status)?;
            let error = run.error.clone().unwrap_or_default();
            let failed = error.split('`').nth(1).unwrap_or_default();
            same("failure", &lasting(path), &lasting(failed))?;
        }
    }
    let state = run.state.as_ref().and_then(|state| state.get("n")).and_then(Json::as_u64);
    same("state", &Some(expected.tally), &state)?;
    let is_sure = |path: &String| !expected.is_loose(path);
    let mut media: Vec<_> = run.media.iter().map(|media| address(&media.source)).filter(is_sure).collect();
    media.sort_unstable();
    same("media", &expected.media.iter().filter(|path| is_sure(path)).cloned().collect(), &media)?;
    let completed = run.steps.iter().filter(|step| !step.is_container() && step.outcome() == StepOutcome::Completed);
    let completed = completed.map(|step| lasting(&step.path())).filter(is_sure);
    // A nested workflow has no value of its own, and decisions about failures are answers too.
    let is_value =
        |path: &String| !path.rsplit('/').next().is_some_and(|name| ["nest", "inner", "error"].iter().any(|other| name.starts_with(other)));
    let completed: BTreeSet<_> = completed.filter(is_value).collect();
    same("completed nodes", &expected.completed.iter().filter(|path| is_sure(path)).cloned().collect(), &completed)?;
    check_effects(case, expected, came)
}

fn same<T: PartialEq + Debug>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found { Ok(()) } else { Err(format!("{what}: expected {expected:?}\n   found {found:?}")) }
}

fn address(source: &MediaSource) -> String {
    if let MediaSource::Url(address) = source { address.clone() } else { String::new() }
}

/// Each effect as often as without cuts, and at most once more for each cut that came between it and its record.
fn check_effects(case: &Case, expected: &Expected, came: &Came) -> Result<(), String> {
    let (counts, sent_again) = (by_step(&came.effects), by_step(&came.sent_again));
    for path in counts.keys() {
        if !expected.effects.contains_key(path) && !expected.is_loose(path) {
            return Err(format!("`{path}` should not have run"));
        }
    }
    for (path, effects) in expected.effects.iter().filter(|(path, _)| !expected.is_loose(path)) {
        let found = counts.get(path).copied().unwrap_or_default();
        let again = sent_again.get(path).copied().unwrap_or_default();
        let mut most = match case.by_step && !effects.fails {
            true => effects.count + came.cuts,
            // A failure is no record: it is found anew, with all its attempts. And without a commit for each step a cut takes more with it.
            false => effects.count * (1 + came.cuts + again),
        };
        if effects.once && !effects.fails {
            most = effects.count * (1 + again);
        }
        if effects.has_children {
            // It runs again when a child has paused.
            most += came.legs * effects.count;
        }
        if !(effects.count..=most).contains(&found) {
            return Err(format!("`{path}` took effect {found} times, expected {} to {most}", effects.count));
        }
    }
    Ok(())
}

/// The sum over a step's starts.
fn by_step(counts: &BTreeMap<String, u32>) -> BTreeMap<String, u32> {
    let mut sums = BTreeMap::<_, u32>::new();
    for (path, count) in counts {
        *sums.entry(lasting(path)).or_default() += count;
    }
    sums
}

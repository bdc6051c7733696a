//! Which differences concern what a run has recorded.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::Value;

use super::{
    Definition, Difference,
    difference::{Change, TypeOf, When},
    places::{Step, Ways, yes},
};
use crate::{
    db::rows::{Record, RecordKind, RunRow},
    event::Event,
    schema::validate,
};

/// A run as it is stored.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) run: RunRow,
    pub(crate) records: Vec<Record>,
    pub(crate) events: Vec<Arc<Event>>,
}

/// Why a run cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) path: String,
    pub(crate) reason: String,
}

/// What is to be written so that a run fits.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// New names, by the key of the node.
    pub(super) names: HashMap<String, String>,
    /// New values, by the number of the record.
    pub(super) values: HashMap<usize, Value>,
    /// The differences of open questions: their forms are made anew.
    pub(super) questions: Vec<(usize, Difference)>,
}

/// Where the records of a run stand in its definition.
struct Standing<'d> {
    records: Vec<Vec<Vec<Step<'d>>>>,
    /// Nodes at or in which something is recorded, and where.
    recorded: HashMap<String, String>,
    /// Blocks that have closed, and where.
    closed: HashMap<String, String>,
}

/// The ways that containers went, as the records have them.
pub(super) struct Went<'r>(HashMap<(&'r str, RecordKind), &'r Record>);

impl<'r> Went<'r> {
    pub(super) fn new(records: &'r [Record]) -> Self {
        Self(records.iter().map(|record| ((record.path.as_str(), record.kind), record)).collect())
    }

    fn node(&self, path: &str) -> Option<&'r Record> {
        self.0.get(&(path, RecordKind::Node)).copied()
    }
}

impl Ways for Went<'_> {
    fn condition(&self, path: &str) -> Option<bool> {
        yes(self.node(&format!("{path}/if"))?.content.as_ref())
    }

    fn arms(&self, path: &str) -> Option<Vec<&str>> {
        let route = self.node(path)?.about.get("route")?.as_array()?;
        Some(route.iter().filter_map(Value::as_str).collect())
    }
}

/// How the node of a record ended, if it is one that a next leg finds so.
fn ended(record: &Record) -> Option<&str> {
    let ended = record.about.get("ended")?.as_str()?;
    matches!(ended, "completed" | "broke" | "tolerated" | "standing").then_some(ended)
}

/// Whether a record holds a place: what it says must find its node again.
fn counts(record: &Record) -> bool {
    match record.kind {
        RecordKind::Node => ended(record).is_some(),
        RecordKind::Failed => false,
        RecordKind::Question | RecordKind::Answer | RecordKind::Wake | RecordKind::Begun | RecordKind::Call | RecordKind::Asked => true,
    }
}

impl<'d> Standing<'d> {
    fn of(old: &'d Definition, records: &[Record]) -> Self {
        let went = Went::new(records);
        let mut standing = Self { records: Vec::new(), recorded: HashMap::new(), closed: HashMap::new() };
        let closed: HashSet<&str> = records
            .iter()
            .filter(|record| record.kind == RecordKind::Node && ended(record).is_some())
            .map(|record| record.path.as_str())
            .collect();
        for record in records {
            let mut found = old.find(&record.path, &went);
            narrow(&mut found, record);
            if counts(record) {
                for step in found.iter().flatten() {
                    standing.recorded.entry(step.key.clone()).or_insert_with(|| step.path.clone());
                }
            }
            for way in &found {
                let mut over = false;
                for step in way {
                    over |= closed.contains(step.path.as_str());
                    for block in step.blocks.iter().filter(|_| over) {
                        standing.closed.entry(block.clone()).or_insert_with(|| step.path.clone());
                    }
                }
            }
            standing.records.push(found);
        }
        standing
    }

    /// The records of a node itself, that have a value of its type.
    fn values<'r>(&self, key: &str, records: &'r [Record]) -> Vec<(usize, &'r Record)> {
        let is_its = |way: &Vec<Step<'_>>, record: &Record| way.last().is_some_and(|step| step.key == key && step.path == record.path);
        let its = records.iter().enumerate().filter(|(index, record)| self.records[*index].iter().any(|way| is_its(way, record)));
        its.filter(|(_, record)| {
            record.kind == RecordKind::Answer || ended(record) == Some("completed") || record.kind == RecordKind::Question
        })
        .collect()
    }

    /// The records that have left the workflow of a block.
    fn broke<'r>(&self, block: &str, records: &'r [Record]) -> Vec<&'r Record> {
        let left = |way: &Vec<Step<'_>>| way.last().is_some_and(|step| step.flow == block);
        let broke = records.iter().zip(&self.records).filter(|(record, _)| record.content.is_some() && ended(record) == Some("broke"));
        broke.filter(|(_, ways)| ways.iter().any(left)).map(|(record, _)| record).collect()
    }
}

/// Of several nodes of one path, those that the record says it is of.
fn narrow(found: &mut Vec<Vec<Step<'_>>>, record: &Record) {
    let Some(executor) = record.about.get("executor").and_then(Value::as_str) else { return };
    let fits = |way: &Vec<Step<'_>>| {
        way.last().is_some_and(|step| step.path == record.path && step.part.kind.runs().unwrap_or(&step.part.name) == executor)
    };
    if found.len() > 1 && found.iter().any(fits) {
        found.retain(fits);
    }
}

impl Stored {
    /// What is to change so that the run goes on, if it can.
    pub(super) fn judge(&self, old: &Definition, differences: &[Difference]) -> Result<Changes, Refusal> {
        let standing = Standing::of(old, &self.records);
        let mut changes = Changes::default();
        let mut refusals = Vec::new();
        for difference in differences {
            if let Change::Renamed { key, to } = &difference.change {
                changes.names.insert(key.clone(), to.clone());
            }
            if let Err((path, why)) = self.look(&standing, difference, &mut changes) {
                refusals.push((path, format!("{difference}, and {why}; {}", difference.advice())));
            }
        }
        let mut refusals = refusals.into_iter();
        match refusals.next() {
            None => Ok(changes),
            Some((path, reason)) => {
                let others: Vec<_> = refusals.map(|(_, reason)| format!("\n  also: {reason}")).collect();
                Err(Refusal { path, reason: reason + &others.concat() })
            }
        }
    }

    /// Where and why a difference stops the run.
    fn look(&self, standing: &Standing<'_>, difference: &Difference, changes: &mut Changes) -> Result<(), (String, String)> {
        let place = || difference.path.clone();
        match &difference.when {
            When::Never => Ok(()),
            When::Recorded(keys) => match keys.iter().find_map(|key| standing.recorded.get(key)) {
                Some(path) => Err((place_of(difference, path), format!("the run has recorded `{path}`"))),
                None => Ok(()),
            },
            When::Inserted { later, block } => match later.iter().find_map(|key| standing.recorded.get(key)) {
                Some(path) => Err((place(), format!("the run has recorded `{path}`"))),
                None => match standing.closed.get(block) {
                    Some(path) => Err((place(), format!("the run has closed `{path}`"))),
                    None => Ok(()),
                },
            },
            When::Value(key) => {
                standing.values(key, &self.records).into_iter().try_for_each(|(index, record)| fit(difference, index, record, changes))
            }
            When::Broke(block) => standing.broke(block, &self.records).into_iter().try_for_each(|record| {
                let fits = satisfies(difference, record.content.as_ref());
                fits.map_err(|why| (record.path.clone(), format!("what ended it does not satisfy it ({why})")))
            }),
            When::Given => {
                let (what, value) = match &difference.change {
                    Change::Type { of: TypeOf::State, .. } => ("state", self.run.standing.state.as_ref()),
                    _ => ("input", Some(&self.run.input)),
                };
                match value.map(|value| satisfies(difference, Some(value))) {
                    Some(Err(why)) => Err((place(), format!("the run's {what} does not satisfy it ({why})"))),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// A node that is gone, or that has another shape, is where it was recorded.
fn place_of(difference: &Difference, recorded: &str) -> String {
    match difference.change {
        Change::Removed { .. } | Change::Kind { .. } => recorded.to_owned(),
        _ => difference.path.clone(),
    }
}

fn satisfies(difference: &Difference, value: Option<&Value>) -> Result<(), String> {
    let Change::Type { new, .. } = &difference.change else { return Ok(()) };
    let schema = schemars::Schema::try_from(new.clone()).unwrap_or_default();
    validate(&schema, value.unwrap_or(&Value::Null)).map_err(|violations| violations.to_string())
}

/// Whether a recorded value has the new type, or comes to have it.
fn fit(difference: &Difference, index: usize, record: &Record, changes: &mut Changes) -> Result<(), (String, String)> {
    if record.kind == RecordKind::Question {
        changes.questions.push((index, difference.clone()));
        return Ok(());
    }
    let Err(why) = satisfies(difference, record.content.as_ref()) else { return Ok(()) };
    let Change::Type { code, .. } = &difference.change else { return Ok(()) };
    let recorded = |why: String| (record.path.clone(), why);
    let Some(migration) = code.migration else {
        return Err(recorded(format!("what is recorded does not satisfy it ({why})")));
    };
    match (migration.apply)(record.content.clone().unwrap_or_default()) {
        Ok(value) => {
            changes.values.insert(index, value);
            Ok(())
        }
        Err(error) => Err(recorded(format!("what is recorded does not satisfy it ({why}), and is not what `migrate` takes ({error})"))),
    }
}

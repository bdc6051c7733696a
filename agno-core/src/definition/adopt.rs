//! Rewriting what a run has recorded, as the definition that runs now would have written it.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Current, Definition, Refusal, Stored, compare,
    difference::{Change, Difference},
    judge::{Changes, Went},
};
use crate::{
    db::{
        Db, DbError,
        rows::{Commit, Record, RecordKind, Redefined},
    },
    durable::move_tail,
    event::{Event, EventKind},
    journal::Begun,
    workflow::kept::stored_events,
};

/// That a run goes on under another definition, and what changes with that.
#[derive(Debug)]
pub(crate) struct Adoption {
    stored: Stored,
    old: Definition,
    current: &'static Current,
    changes: Changes,
}

/// What becomes of a run.
pub(crate) type Verdict = Result<Adoption, Refusal>;

impl Adoption {
    /// Whether a run goes on under another definition than the one that recorded it. `None`: there is no such run.
    pub(crate) async fn judge(db: &dyn Db, run_id: &str, current: &'static Current) -> Result<Option<Verdict>, DbError> {
        let Some(run) = db.run(run_id).await? else { return Ok(None) };
        let old = match db.definition(&run.fingerprint).await? {
            Some(json) => Definition::read(&json),
            None => Err("it is not in the store".to_owned()),
        };
        let old = match old {
            Ok(old) => old,
            Err(why) => {
                let reason = format!("the definition under which the run was recorded cannot be read: {why}; start the run anew");
                return Ok(Some(Err(Refusal { path: String::new(), reason })));
            }
        };
        let records = db.records(run_id).await?;
        let events = if run.stores_events { stored_events(db, run_id).await? } else { Vec::new() };
        let stored = Stored { run, records, events };
        let differences = compare(&old, &current.definition);
        let changes = stored.judge(&old, &differences);
        Ok(Some(changes.map(|changes| Self { stored, old, current, changes })))
    }

    /// The number of the run when it was read.
    pub(crate) fn fence(&self) -> u64 {
        self.stored.run.fence
    }

    /// Recorded nodes with new names: the path before and after.
    pub(crate) fn renamed(&self) -> Vec<(String, String)> {
        let path = Path::new(self);
        let mut renamed: Vec<_> = self.stored.records.iter().map(|record| (record.path.clone(), path.renamed(&record.path))).collect();
        renamed.retain(|(was, is)| was != is);
        renamed.dedup();
        renamed
    }

    /// The paths of values that are migrated.
    pub(crate) fn migrated(&self) -> Vec<String> {
        let mut migrated: Vec<_> = self.changes.values.keys().map(|index| self.stored.records[*index].path.clone()).collect();
        migrated.sort();
        migrated
    }

    /// The change of the run, by its new owner, who lets it go with that. `begun`: what has begun and not ended.
    pub(crate) fn into_commit(self, fence: u64, begun: &[Begun]) -> Result<Commit, serde_json::Error> {
        let path = Path::new(&self);
        let mut records: Vec<_> = self.stored.records.iter().enumerate().map(|(index, record)| self.record(index, record, &path)).collect();
        let has_moved = |(was, is): (&Record, &Record)| was.path != is.path;
        let mut removed = Vec::new();
        if self.stored.records.iter().zip(&records).any(has_moved) {
            // All of them, so that they stay in order.
            removed.extend(self.stored.records.iter().map(|record| (record.path.clone(), record.kind)));
        } else {
            let mut before = self.stored.records.iter();
            records.retain(|record| before.next() != Some(record));
        }
        let events = self.stored.events.iter().filter_map(|event| self.event(event, &path)).collect();
        let mut standing = self.stored.run.standing.clone();
        standing.carried = move_tail(standing.carried, begun, fence, |was| path.renamed(was))?;
        rename_at(standing.failure.as_mut(), "/step/path", &path);
        let redefined = Redefined { fingerprint: self.current.fingerprint.clone(), definition: Arc::clone(&self.current.json) };
        let (redefined, standing) = (Some(Box::new(redefined)), Some(Box::new(standing)));
        Ok(Commit { redefined, records, removed, events, standing, ..self.let_go(fence) })
    }

    /// Only lets the run go.
    pub(crate) fn let_go(&self, fence: u64) -> Commit {
        Commit { release: true, ..Commit::new(self.stored.run.run_id.as_str().into(), fence) }
    }

    fn record(&self, index: usize, record: &Record, path: &Path<'_>) -> Record {
        let mut record = record.clone();
        record.path = path.renamed(&record.path);
        match record.kind {
            RecordKind::Question => rename_at(Some(&mut record.about), "/path", path),
            _ => rename_at(Some(&mut record.about), "/error/path", path),
        }
        if let Some(value) = self.changes.values.get(&index) {
            record.content = Some(value.clone());
        }
        for (_, question) in self.changes.questions.iter().filter(|(number, _)| *number == index) {
            new_form(&mut record.about, question);
        }
        record
    }

    /// A stored event, if its path has changed.
    fn event(&self, event: &Arc<Event>, path: &Path<'_>) -> Option<Arc<Event>> {
        let mut event = Event::clone(event);
        let before = (event.path.clone(), event.parent.clone());
        event.path = path.renamed(&before.0);
        event.parent = before.1.as_ref().map(|parent| path.renamed(parent));
        let mut has_changed = (&event.path, &event.parent) != (&before.0, &before.1);
        let questions = match &mut event.kind {
            EventKind::StepPaused { question } => std::slice::from_mut(question),
            EventKind::WorkflowPaused { questions } => &mut questions[..],
            _ => &mut [],
        };
        for question in questions {
            let is = path.renamed(&question.path);
            has_changed |= is != question.path;
            question.path = is;
        }
        has_changed.then(|| Arc::new(event))
    }
}

/// How paths are renamed.
struct Path<'a> {
    adoption: &'a Adoption,
    went: Went<'a>,
}

impl<'a> Path<'a> {
    fn new(adoption: &'a Adoption) -> Self {
        Self { adoption, went: Went::new(&adoption.stored.records) }
    }

    fn renamed(&self, path: &str) -> String {
        let Adoption { old, changes, .. } = self.adoption;
        if changes.names.is_empty() || path.is_empty() {
            return path.to_owned();
        }
        let mut segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        // Where several nodes have the path, no record tells them apart, and the first that is renamed says how.
        let found = old.find(path, &self.went);
        let way = found.iter().find(|way| way.iter().any(|step| changes.names.contains_key(&step.key)));
        for step in way.into_iter().flatten() {
            if let Some(name) = changes.names.get(&step.key) {
                let segment = &mut segments[step.segment];
                segment.replace_range(..step.part.name.len(), name);
            }
        }
        segments.join("/")
    }
}

fn rename_at(value: Option<&mut Value>, pointer: &str, path: &Path<'_>) {
    if let Some(Value::String(place)) = value.and_then(|value| value.pointer_mut(pointer)) {
        *place = path.renamed(place);
    }
}

/// An open question asks for what the code takes now.
fn new_form(about: &mut Value, question: &Difference) {
    let Change::Type { code, .. } = &question.change else { return };
    if let Some(schema) = code.schema {
        about["schema"] = schema().into();
    }
    if let Some(type_name) = code.type_name {
        about["type_name"] = crate::plan::short_type(type_name).into();
    }
}

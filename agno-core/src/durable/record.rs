//! Entries of a journal as a store has them, and back.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use schemars::Schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Attempted,
    media::{ByDigest, StoredMedia, fetch, stow},
};
use crate::{
    db::{
        DbError,
        rows::{MediaRow, Record, RecordKind},
    },
    error::{StepError, StepErrorKind},
    journal::{
        Content, Detail, Ended, Entry,
        intern::{self, Known},
    },
    plan::{About, Node, NodeKind, OnError, Plan, outline::Outline},
    run::{GIVEN_UP, path::plan_path},
};

/// What is stored of a node beside its path and its value.
#[derive(Serialize, Deserialize)]
struct Stored<'r> {
    kind: Cow<'r, str>,
    /// What ran: with the kind, it tells nodes of one path apart that stand on two sides of a condition.
    executor: Cow<'r, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<Cow<'r, str>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    skips: bool,
    ended: Ended,
    /// The number of the event that comes next.
    sequence: u64,
    /// Nanoseconds from the beginning of the run.
    started: u64,
    /// Nanoseconds.
    duration: u64,
    attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'r, StepError>>,
    #[serde(default, skip_serializing_if = "is_zero")]
    failed_attempts: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    route: Vec<Cow<'r, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    media: Vec<StoredMedia>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// An entry, as it is stored. `sequence`: the number of the next event; `beside`: gets what is stored beside the record.
pub(super) fn write(entry: &Entry, sequence: u64, beside: &mut Vec<MediaRow>) -> Result<Record, serde_json::Error> {
    let Entry { node, started, duration, attempts, ended, detail, .. } = entry;
    let detail = detail.as_deref();
    let about = Stored {
        kind: node.kind.tag().into(),
        executor: node.about.map_or(node.name, |about| about().name()).into(),
        label: node.shown_label().map(Cow::Borrowed),
        skips: node.options.on_error == OnError::Skip,
        ended: *ended,
        sequence,
        started: *started,
        duration: *duration,
        attempts: *attempts,
        error: detail.and_then(|detail| detail.error.as_ref()).map(Cow::Borrowed),
        failed_attempts: detail.map_or(0, |detail| detail.failed_attempts),
        route: detail.map(|detail| detail.route.iter().map(|arm| Cow::Borrowed(*arm)).collect()).unwrap_or_default(),
        media: detail.map(|detail| stow(&detail.media, beside)).unwrap_or_default(),
    };
    Ok(Record { path: entry.path(), kind: RecordKind::Node, about: serde_json::to_value(about)?, content: entry.content.json()? })
}

/// What cannot be read of a record.
pub(crate) fn corrupt(record: &Record, reason: impl ToString) -> DbError {
    DbError::Corrupt { place: format!("the record `{}` ({:?})", record.path, record.kind), reason: reason.to_string() }
}

/// Finds the nodes of stored paths: those of the plan, as far as they are there.
pub(crate) struct Nodes {
    by_path: HashMap<String, Vec<&'static Node>>,
}

/// Whether it is the executor that runs at a node.
fn runs(node: &Node, executor: &str) -> bool {
    node.about.map_or(node.name, |about| about().name()) == executor
}

impl Nodes {
    pub(crate) fn new(plan: &'static Plan) -> Self {
        let mut by_path: HashMap<String, Vec<&'static Node>> = HashMap::new();
        for place in Outline::new(plan).places {
            by_path.entry(place.path).or_default().push(place.node);
        }
        Self { by_path }
    }

    /// The nodes of a kind at a path.
    fn of_kind(&self, path: &str, kind: &str) -> impl Iterator<Item = &'static Node> {
        let nodes = self.by_path.get(&plan_path(path));
        nodes.into_iter().flatten().copied().filter(move |node| node.kind.tag() == kind)
    }

    /// The node of a record, or of a question.
    pub(crate) fn find(&self, path: &str, kind: &str, executor: Option<&str>, known: impl FnOnce() -> Known) -> &'static Node {
        let found = self.of_kind(path, kind).find(|node| executor.is_none_or(|executor| runs(node, executor)));
        found.or_else(|| self.of_kind(path, kind).next()).unwrap_or_else(|| intern::node(known()))
    }

    /// What runs at the node of a record, as the plan has it.
    fn of_record(&self, record: &Record) -> Option<&'static Node> {
        match record.kind {
            RecordKind::Answer => self.of_kind(&record.path, "ask").next(),
            RecordKind::Node => {
                let stored = Stored::deserialize(&record.about).ok()?;
                self.of_kind(&record.path, &stored.kind).find(|node| runs(node, &stored.executor))
            }
            _ => None,
        }
    }

    /// Whether a recorded node is made of others, so that its value is theirs.
    pub(crate) fn is_of_others(&self, record: &Record) -> bool {
        self.of_record(record).is_some_and(|node| match node.kind {
            NodeKind::Call => matches!(node.about.map(|about| about()), Some(About::Workflow(_))),
            NodeKind::Decision | NodeKind::Map | NodeKind::Ask { .. } | NodeKind::Sleep { .. } => false,
            _ => true,
        })
    }

    /// Whether two paths lie in different branches of one container, or in different items.
    pub(crate) fn are_beside(&self, one: &str, other: &str) -> bool {
        let (mut round, mut ours, mut theirs) = (String::new(), one.split('/'), other.split('/'));
        loop {
            let (Some(ours), Some(theirs)) = (ours.next(), theirs.next()) else { return false };
            let names = [ours, theirs].map(plan_path);
            if names[0] != names[1] {
                return self.of_kind(&round, "parallel").next().is_some();
            }
            if !round.is_empty() {
                round.push('/');
            }
            round.push_str(&names[0]);
            if ours != theirs {
                return self.of_kind(&round, "each").next().is_some();
            }
        }
    }

    /// The schema of a recorded value, where the plan has one: of what a step gives, and of answers.
    pub(crate) fn schema_of(&self, record: &Record) -> Option<Schema> {
        let node = self.of_record(record)?;
        match node.about.map(|about| about()) {
            Some(About::Step(step)) => Some((step.output)()),
            Some(About::Workflow(_)) => None,
            None => Some((node.value?().schema)()),
        }
    }

    /// An attempt of a step that must run once was given up, and nobody knows how far it came. `now`: nanoseconds from the beginning of the run.
    pub(crate) fn in_doubt(&self, path: &str, attempts: u32, now: u64) -> Entry {
        let (parent, name, mark) = intern::place(path);
        let kind = NodeKind::Call.tag();
        let node = self.find(path, kind, None, || Known { name, kind, label: None, skips: false });
        let error = StepError::new(path.to_owned(), StepErrorKind::Cut, GIVEN_UP, attempts);
        let detail = Some(Box::new(Detail { error: Some(error), ..Detail::default() }));
        Entry { parent, node, mark, content: Content::Nothing, started: now, duration: 0, attempts, ended: Ended::Standing, detail }
    }

    /// The same, from the record that such an attempt had begun.
    pub(crate) fn recorded_doubt(&self, begun: &Record) -> Result<Record, DbError> {
        let Attempted { attempts, .. } = Attempted::deserialize(&begun.about).map_err(|error| corrupt(begun, error))?;
        write(&self.in_doubt(&begun.path, attempts, 0), 0, &mut Vec::new()).map_err(DbError::other)
    }

    /// An entry of the journal, from its record.
    pub(super) fn read(&self, record: Record, beside: &ByDigest) -> Result<Entry, DbError> {
        let stored = match Stored::deserialize(&record.about) {
            Ok(stored) => stored,
            Err(error) => return Err(corrupt(&record, error)),
        };
        let (parent, name, mark) = intern::place(&record.path);
        let node = self.find(&record.path, &stored.kind, Some(&stored.executor), || Known {
            name,
            kind: intern::name(&stored.kind),
            label: stored.label.as_deref().map(intern::name),
            skips: stored.skips,
        });
        let detail = Detail {
            error: stored.error.map(Cow::into_owned),
            failed_attempts: stored.failed_attempts,
            route: stored.route.iter().map(|arm| intern::name(arm)).collect(),
            media: fetch(stored.media, beside).map_err(|reason| corrupt(&record, reason))?,
        };
        let detail = (detail.error.is_some() || detail.failed_attempts > 0 || !detail.route.is_empty() || !detail.media.is_empty())
            .then(|| Box::new(detail));
        let content = record.content.map_or(Content::Nothing, |content| Content::Json(Arc::new(content)));
        let Stored { started, duration, attempts, ended, .. } = stored;
        Ok(Entry { parent, node, mark, content, started, duration, attempts, ended, detail })
    }

    /// The entry of a question that has been answered.
    pub(crate) fn answered(&self, answer: Record) -> Entry {
        let (parent, name, mark) = intern::place(&answer.path);
        let node = self.find(&answer.path, "ask", None, || Known { name, kind: "ask", label: None, skips: false });
        let started = answer.about.get("at").and_then(Value::as_u64).unwrap_or_default();
        let content = Content::Json(Arc::new(answer.content.unwrap_or_default()));
        Entry { parent, node, mark, content, started, duration: 0, attempts: 1, ended: Ended::Completed, detail: None }
    }
}

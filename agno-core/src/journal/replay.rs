//! What a leg that is not a run's first finds recorded.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use super::{Content, Ended, Entry};
use crate::{
    error::{StepError, StepErrorKind},
    event::EventKind,
};

/// The records of earlier legs, by path. Looked at only by legs that are not a run's first.
#[derive(Debug, Default)]
pub(crate) struct Replay(Mutex<Option<Box<Inner>>>);

#[derive(Debug, Default)]
struct Inner {
    records: HashMap<String, Recorded>,
    /// Attempts that failed, where the last one did: the children of the next one are counted from there.
    failed: HashMap<String, u32>,
    begun: Vec<Begun>,
    /// Failures that stand.
    standing: Vec<Entry>,
    /// What has become of some of them in this leg.
    settled: Vec<Settled>,
}

/// A node that has begun and not ended: its Started event has been delivered.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) path: String,
    /// Attempts begun; 0 for a container.
    pub(crate) attempts: u32,
    /// A step that must run once is in the middle of an attempt.
    pub(crate) once: bool,
    /// Why another attempt follows, if the run comes to it again.
    pub(crate) why: &'static str,
    /// The event that ends it, should the run never come to it again.
    pub(crate) end: EventKind,
}

impl Begun {
    pub(crate) fn new(path: String, attempts: u32, end: EventKind) -> Self {
        Self { path, attempts, once: false, why: "the attempt before did not end: the run was cut", end }
    }
}

/// What is recorded of a node.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) content: Content,
    pub(crate) ended: Ended,
    pub(crate) error: Option<StepError>,
}

impl Recorded {
    /// The failure that was tolerated.
    pub(crate) fn failure(self, path: String) -> StepError {
        self.error.unwrap_or_else(|| StepError::new(path, StepErrorKind::Record, "failed in an earlier leg", 1))
    }
}

impl Replay {
    /// `failed`: attempts that failed beside what entries say.
    pub(crate) fn new<'e>(entries: impl IntoIterator<Item = &'e Entry>, begun: Vec<Begun>, failed: HashMap<String, u32>) -> Self {
        let mut inner = Inner { begun, failed, ..Inner::default() };
        for entry in entries {
            if let Some(detail) = entry.detail.as_ref().filter(|detail| detail.failed_attempts > 0) {
                inner.failed.insert(entry.path(), detail.failed_attempts);
            }
            if entry.ended == Ended::Standing {
                inner.standing.push(entry.clone());
            }
            if entry.is_record() {
                let recorded = Recorded { content: entry.content.clone(), ended: entry.ended, error: entry.error().cloned() };
                inner.records.insert(entry.path(), recorded);
            }
        }
        Self(Mutex::new(Some(Box::new(inner))))
    }

    /// Looks at what is there. Without anything, which is how a run's first leg begins, nothing is found.
    fn look<T: Default>(&self, look: impl FnOnce(&mut Inner) -> T) -> T {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_deref_mut().map(look).unwrap_or_default()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
    }

    pub(crate) fn failed_attempts(&self, path: &str) -> u32 {
        self.look(|inner| inner.failed.get(path).copied().unwrap_or_default())
    }

    pub(crate) fn find(&self, path: &str) -> Option<Recorded> {
        self.look(|inner| inner.records.get(path).cloned())
    }

    /// What has become of the standing failures of earlier legs at and under a path. Gives them as they are now.
    pub(crate) fn settle(&self, settled: Settled) -> Vec<Entry> {
        self.look(|Inner { records, standing, settled: all, .. }| {
            let is_concerned = |entry: &mut Entry| settled.concerns(&entry.path(), entry.ended, entry.error());
            let mut concerned: Vec<_> = standing.extract_if(.., is_concerned).collect();
            for entry in &mut concerned {
                entry.ended = settled.ended;
                match (settled.ended, records.get_mut(&entry.path())) {
                    (Ended::Failed, _) => _ = records.remove(&entry.path()),
                    (ended, Some(recorded)) => recorded.ended = ended,
                    (_, None) => {}
                }
            }
            if !concerned.is_empty() {
                all.push(settled);
            }
            concerned
        })
    }

    /// The same, for the legs to come.
    pub(crate) fn take_settled(&self) -> Vec<Settled> {
        self.look(|inner| std::mem::take(&mut inner.settled))
    }

    /// Whether the node had begun in an earlier leg; says so once.
    pub(crate) fn take_begun(&self, path: &str) -> Option<Begun> {
        self.look(|inner| {
            let index = inner.begun.iter().position(|begun| begun.path == path)?;
            Some(inner.begun.remove(index))
        })
    }

    pub(crate) fn is_begun(&self, path: &str) -> bool {
        self.look(|inner| inner.begun.iter().any(|begun| begun.path == path))
    }

    pub(crate) fn put_begun(&self, begun: Begun) {
        self.change(|inner| inner.begun.push(begun));
    }

    /// What had begun at or under `path` and was not come to again in this leg, innermost first.
    pub(crate) fn take_all_begun(&self, path: &str) -> Vec<Begun> {
        self.look(|inner| inner.begun.extract_if(.., |begun| is_within(&begun.path, path)).collect())
    }
}

/// What has become of the standing failures at and under a path.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) path: String,
    /// `Tolerated`, or `Failed`: what failed is to run again.
    pub(crate) ended: Ended,
}

impl Settled {
    /// Whether it is about this failure.
    pub(crate) fn concerns(&self, path: &str, ended: Ended, error: Option<&StepError>) -> bool {
        // What must run once runs again only if a person says so about itself. What it stands in is open again.
        let is_cut = || error.is_some_and(|error| error.kind == StepErrorKind::Cut && error.path == path);
        let is_kept = || self.ended == Ended::Failed && path != self.path && is_cut();
        ended == Ended::Standing && is_within(path, &self.path) && !is_kept()
    }
}

/// Whether `path` is `container` or lies in it. Everything lies in the workflow itself.
pub(crate) fn is_within(path: &str, container: &str) -> bool {
    match path.strip_prefix(container) {
        Some(rest) => container.is_empty() || rest.is_empty() || rest.starts_with(['/', '[', '#', '~']),
        None => false,
    }
}

//! What a leg that is not a run's first finds recorded.

use std::{
    collections::{HashMap, HashSet},
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
    /// Decisions about failures that have been acted on in this leg.
    acted: HashSet<String>,
    /// Where failures do not count any more.
    forgotten: Vec<String>,
}

/// A node that has begun and not ended: its Started event has been delivered.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    pub(crate) path: String,
    /// Attempts begun; 0 for a container.
    pub(crate) attempts: u32,
    /// Why another attempt follows, if the run comes to it again.
    pub(crate) why: &'static str,
    /// How many decisions about failures of it have been acted on.
    pub(crate) decisions: u32,
    /// The event that ends it, should the run never come to it again.
    pub(crate) end: EventKind,
}

impl Begun {
    pub(crate) fn new(path: String, attempts: u32, end: EventKind) -> Self {
        Self { path, attempts, why: "the attempt before did not end: the run was cut", decisions: 0, end }
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
    pub(crate) fn new<'e>(entries: impl IntoIterator<Item = &'e Entry>, begun: Vec<Begun>) -> Self {
        let mut inner = Inner { begun, ..Inner::default() };
        for entry in entries {
            if let Some(detail) = entry.detail.as_ref().filter(|detail| detail.failed_attempts > 0) {
                inner.failed.insert(entry.path(), detail.failed_attempts);
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

    /// Failures that are recorded at and under `path` do not count any more: it is to run again.
    pub(crate) fn forget(&self, path: &str) {
        self.change(|inner| {
            inner.records.retain(|key, recorded| !(is_within(key, path) && recorded.ended == Ended::Tolerated));
            inner.forgotten.push(path.to_owned());
        });
    }

    /// What is to run again, for the legs to come: this one may be cut before it has.
    pub(crate) fn take_forgotten(&self) -> Vec<String> {
        self.look(|inner| std::mem::take(&mut inner.forgotten))
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

    /// How many decisions about failures at `path` an earlier leg has acted on.
    pub(crate) fn decisions(&self, path: &str) -> u32 {
        self.look(|inner| inner.begun.iter().find(|begun| begun.path == path).map_or(0, |begun| begun.decisions))
    }

    pub(crate) fn put_begun(&self, begun: Begun) {
        self.change(|inner| inner.begun.push(begun));
    }

    /// What had begun at or under `path` and was not come to again in this leg, innermost first.
    pub(crate) fn take_all_begun(&self, path: &str) -> Vec<Begun> {
        self.look(|inner| inner.begun.extract_if(.., |begun| is_within(&begun.path, path)).collect())
    }

    /// Notes that the decision at `path` is acted on; `false` if it was already.
    pub(crate) fn act(&self, path: &str) -> bool {
        self.change(|inner| inner.acted.insert(path.to_owned()))
    }
}

/// Whether `path` is `container` or lies in it. Everything lies in the workflow itself.
pub(crate) fn is_within(path: &str, container: &str) -> bool {
    match path.strip_prefix(container) {
        Some(rest) => container.is_empty() || rest.is_empty() || rest.starts_with(['/', '[', '#', '~']),
        None => false,
    }
}

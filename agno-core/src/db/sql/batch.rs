//! Which commits go into one transaction.

use std::{collections::HashMap, sync::Arc};

use crate::db::rows::Commit;

/// No more commits than this go into one transaction, so that the first of them need not wait too long for the last.
const MOST: usize = 256;

/// Commits that can be made together, in phases: all runs that begin, then all records, and so on. The result is what it would be one after the other.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) commits: Vec<Commit>,
    /// The runs in it, and whether they have been let go.
    runs: HashMap<Arc<str>, bool>,
}

impl Batch {
    /// With room for so many, should they be admitted.
    pub(super) fn with_room(commits: usize) -> Self {
        let room = commits.min(MOST);
        Self { commits: Vec::with_capacity(room), runs: HashMap::with_capacity(room) }
    }

    /// Whether the next commit can be made with these.
    pub(super) fn admits(&self, commit: &Commit) -> bool {
        if self.commits.len() >= MOST {
            return false;
        }
        // Another commit of a run: only what comes after everything that the earlier one does, whatever the phases are.
        let is_plain = commit.begin.is_none() && commit.removed.is_empty();
        self.runs.get(&commit.run_id).is_none_or(|stands| !stands && is_plain)
    }

    pub(super) fn add(&mut self, commit: Commit) {
        let stands = commit.standing.is_some() || commit.release;
        self.runs.insert(Arc::clone(&commit.run_id), stands);
        self.commits.push(commit);
    }
}

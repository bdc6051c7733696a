//! What a store in memory tells.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Owner,
    tables::{Run, Tables},
};
use crate::{
    db::rows::{MediaRow, Prune, Record, RecordKind, RunFilter, RunRow, SessionFilter, SessionRow, StateRow, Turn},
    event::Event,
    workflow::Status,
};

impl Tables {
    pub(super) fn run(&self, run_id: &str) -> Option<RunRow> {
        self.runs.get(run_id).map(|run| run.row.clone())
    }

    pub(super) fn is_owned(&self, run_id: &str) -> bool {
        self.runs.get(run_id).is_some_and(|run| self.owns(&run.row))
    }

    pub(super) fn records(&self, run_id: &str) -> Vec<Record> {
        self.runs.get(run_id).map(|run| run.records.values().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn media(&self, run_id: &str) -> Vec<MediaRow> {
        let media = self.runs.get(run_id).into_iter().flat_map(|run| &run.media);
        media.map(|(digest, bytes)| MediaRow { digest: digest.clone(), bytes: Arc::clone(bytes) }).collect()
    }

    pub(super) fn events(&self, run_id: &str, from: u64, limit: usize) -> Vec<Arc<Event>> {
        let Some(run) = self.runs.get(run_id) else { return Vec::new() };
        run.events.range(from..).take(limit).map(|(_, event)| Arc::clone(event)).collect()
    }

    pub(super) fn to_cancel(&self, owner: &Owner) -> Vec<String> {
        let ours = self.runs.values().filter(|run| run.row.cancel && run.row.owner.as_deref() == Some(owner.id()));
        let mut ids: Vec<_> = ours.map(|run| run.row.run_id.clone()).collect();
        ids.sort_unstable();
        ids
    }

    pub(super) fn runs(&self, filter: &RunFilter) -> Vec<RunRow> {
        self.matching(filter, |_| true).into_iter().map(|run| run.row.clone()).collect()
    }

    pub(super) fn next_due(&self, workflow_id: &str, user_id: Option<&str>, after: Timestamp) -> Option<Timestamp> {
        let paused = self.runs.values().map(|run| &run.row).filter(|row| {
            row.standing.status == Status::Paused
                && row.workflow_id == workflow_id
                && user_id.is_none_or(|user_id| row.user_id.as_deref() == Some(user_id))
        });
        paused.filter_map(|row| row.standing.due_at).filter(|at| *at > after).min()
    }

    pub(super) fn questions(&self, filter: &RunFilter) -> Vec<(RunRow, Record)> {
        let asking = self.matching(filter, |run| run.open_questions().next().is_some()).into_iter();
        asking.flat_map(|run| run.open_questions().map(|question| (run.row.clone(), question.clone()))).collect()
    }

    /// `which`: those of them that count.
    fn matching(&self, filter: &RunFilter, which: impl Fn(&Run) -> bool) -> Vec<&Run> {
        let runs: Vec<&Run> = match &filter.session_id {
            Some(session_id) => {
                let runs = self.sessions.get(session_id).map(|session| &session.runs);
                runs.into_iter().flatten().filter_map(|(_, run_id)| self.runs.get(run_id)).collect()
            }
            None => self.runs.values().collect(),
        };
        let matching = runs.into_iter().filter(|run| self.matches(run, filter) && which(run));
        let page = Page { newest_first: filter.newest_first, after: filter.after.as_ref(), limit: filter.limit };
        page.of(matching, |run| (run.row.created_at, &run.row.run_id))
    }

    fn matches(&self, run: &Run, filter: &RunFilter) -> bool {
        let RunFilter { user_id, session_id: _, workflow_id, status, since, before, orphaned, due, newest_first: _, after: _, limit: _ } =
            filter;
        let row = &run.row;
        (user_id.is_none() || *user_id == row.user_id)
            && workflow_id.as_ref().is_none_or(|workflow_id| *workflow_id == row.workflow_id)
            && (status.is_empty() || status.contains(&row.standing.status))
            && since.is_none_or(|since| row.created_at >= since)
            && before.is_none_or(|before| row.created_at < before)
            && (!orphaned || !self.owns(row))
            && due.is_none_or(|time| run.is_due(time))
    }

    pub(super) fn prune(&mut self, prune: &Prune) -> u64 {
        let Prune { workflow_id, before, keep } = prune;
        let finished = self.runs.values().filter(|run| {
            let row = &run.row;
            row.standing.status.is_terminal()
                && !self.owns(row)
                && workflow_id.as_ref().is_none_or(|workflow_id| *workflow_id == row.workflow_id)
        });
        let mut finished: Vec<&RunRow> = finished.map(|run| &run.row).collect();
        finished.sort_unstable_by(|a, b| (&a.workflow_id, b.created_at, &b.run_id).cmp(&(&b.workflow_id, a.created_at, &a.run_id)));
        let of_workflows = finished.chunk_by(|a, b| a.workflow_id == b.workflow_id);
        let beyond = of_workflows.flat_map(|newest_first| newest_first.iter().skip(keep.unwrap_or(0)));
        let old = beyond.filter(|row| before.is_none_or(|before| row.standing.updated_at < before));
        let ids: Vec<String> = old.map(|row| row.run_id.clone()).collect();
        ids.iter().map(|run_id| u64::from(self.delete_run(run_id))).sum()
    }

    pub(super) fn session(&self, session_id: &str) -> Option<SessionRow> {
        self.sessions.get(session_id).map(|session| session.row.clone())
    }

    pub(super) fn sessions(&self, filter: &SessionFilter) -> Vec<SessionRow> {
        let SessionFilter { user_id, workflow_id, since, before, newest_first, after, limit } = filter;
        let matching = self.sessions.values().map(|session| &session.row).filter(|row| {
            (user_id.is_none() || *user_id == row.user_id)
                && (workflow_id.is_none() || *workflow_id == row.workflow_id)
                && since.is_none_or(|since| row.created_at >= since)
                && before.is_none_or(|before| row.created_at < before)
        });
        let page = Page { newest_first: *newest_first, after: after.as_ref(), limit: *limit };
        page.of(matching, |row| (row.created_at, &row.id)).into_iter().cloned().collect()
    }

    pub(super) fn states(&self, session_id: &str) -> Vec<StateRow> {
        self.sessions.get(session_id).map(|session| session.states.values().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn history(&self, session_id: &str, n: Option<usize>) -> Vec<Turn> {
        let Some(session) = self.sessions.get(session_id) else { return Vec::new() };
        let newest_first = session.runs.iter().rev().filter_map(|(_, run_id)| self.runs.get(run_id)).map(|run| &run.row);
        let completed = newest_first.filter(|row| row.standing.status == Status::Completed).take(n.unwrap_or(usize::MAX));
        let mut turns: Vec<_> = completed
            .map(|row| Turn {
                run_id: row.run_id.clone(),
                input: row.input.clone(),
                output: row.standing.output.clone().unwrap_or_default(),
            })
            .collect();
        turns.reverse();
        turns
    }
}

impl Run {
    fn has(&self, path: &str, kind: RecordKind) -> bool {
        self.records.get(&(path.to_owned(), kind)).is_some()
    }

    fn has_answer(&self, path: &str) -> bool {
        self.has(path, RecordKind::Answer)
    }

    /// Whether a leg has something to do that the last one could not.
    fn is_due(&self, time: Timestamp) -> bool {
        let standing = &self.row.standing;
        standing.status == Status::Paused && (standing.due_at.is_some_and(|due| due <= time) || self.has_unseen_answer())
    }

    /// A leg that has seen the answer to a question has made a record of it.
    fn has_unseen_answer(&self) -> bool {
        let questions = self.records.values().filter(|record| record.kind == RecordKind::Question);
        questions.into_iter().any(|question| self.has_answer(&question.path) && !self.has(&question.path, RecordKind::Node))
    }
}

/// A part of a listing by time and id.
struct Page<'a> {
    newest_first: bool,
    after: Option<&'a (Timestamp, String)>,
    limit: Option<usize>,
}

impl Page<'_> {
    fn of<'r, T: 'r>(&self, rows: impl Iterator<Item = &'r T>, key: impl Fn(&'r T) -> (Timestamp, &'r String)) -> Vec<&'r T> {
        let after = self.after.map(|(time, id)| (*time, id));
        let mut rows: Vec<&'r T> =
            rows.filter(|row| after.is_none_or(|after| if self.newest_first { key(row) < after } else { key(row) > after })).collect();
        rows.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        if self.newest_first {
            rows.reverse();
        }
        rows.truncate(self.limit.unwrap_or(usize::MAX));
        rows
    }
}

impl Run {
    fn open_questions(&self) -> impl Iterator<Item = &Record> {
        self.records.values().filter(|record| record.kind == RecordKind::Question && !self.has_answer(&record.path))
    }
}

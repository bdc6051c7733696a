//! [`Desk`]: sessions and runs in this process, until it ends.

mod row;

pub(crate) use row::{Failure, Live, Row};

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use crate::{
    db::rows::{Prune, RunFilter},
    session::KeptTurn,
    session::Session,
    workflow::{Status, StoredRun},
};

/// How many finished runs are kept, unless `keep_runs` says otherwise.
const KEEP_RUNS: usize = 1_000;

/// Sessions and runs in memory. Cloning it gives another handle to the same store, which several workflows may share.
#[derive(Clone, Debug)]
pub(crate) struct Desk(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    sessions: HashMap<Arc<str>, Arc<Session>>,
    runs: HashMap<Arc<str>, Row>,
    /// Finished runs, oldest first.
    finished: VecDeque<Arc<str>>,
    keep_runs: usize,
}

/// What becomes of a run on the desk.
pub(crate) enum Keep {
    Stays,
    /// It is in a store.
    Goes,
}

impl Default for Desk {
    fn default() -> Self {
        let inner = Inner { sessions: HashMap::new(), runs: HashMap::new(), finished: VecDeque::new(), keep_runs: KEEP_RUNS };
        Self(Arc::new(Mutex::new(inner)))
    }
}

impl Desk {
    /// Keeps at most so many finished runs. Default 1,000. Runs that are not finished are always kept.
    #[must_use]
    pub(crate) fn keep_runs(self, runs: usize) -> Self {
        self.inner().keep_runs = runs;
        self
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn session(&self, session_id: &str) -> Option<Arc<Session>> {
        self.inner().sessions.get(session_id).cloned()
    }

    /// The session of this id, which begins now if there is none. `None`: it is another user's.
    pub(crate) fn open_session(&self, session_id: &Arc<str>, user_id: Option<&Arc<str>>) -> Option<Arc<Session>> {
        let mut inner = self.inner();
        let session = inner
            .sessions
            .entry(Arc::clone(session_id))
            .or_insert_with(|| Arc::new(Session::new(Arc::clone(session_id), user_id.cloned())));
        // A caller without a user is the program, and sees all.
        (user_id.is_none() || session.user_id.as_ref() == user_id).then(|| Arc::clone(session))
    }

    pub(crate) fn sessions_of(&self, user_id: Option<&str>) -> Vec<Arc<Session>> {
        let inner = self.inner();
        inner.sessions.values().filter(|session| user_id.is_none() || session.user_id.as_deref() == user_id).cloned().collect()
    }

    pub(crate) fn delete_session(&self, session_id: &str) {
        let mut inner = self.inner();
        if let Some(session) = inner.sessions.remove(session_id) {
            for run_id in session.runs() {
                if let Some(row) = inner.runs.remove(&run_id)
                    && let Some(live) = row.live
                {
                    live.run.scope.cancel();
                }
                inner.finished.retain(|id| *id != run_id);
            }
        }
    }

    /// Deletes a run. `None`: a leg works on it.
    pub(crate) fn delete_run(&self, run_id: &str, user_id: Option<&str>) -> Option<bool> {
        let mut inner = self.inner();
        let is_there = |row: &&Row| user_id.is_none() || row.info.user_id.as_deref() == user_id;
        let Some(row) = inner.runs.get(run_id).filter(is_there) else { return Some(false) };
        if row.live.is_some() {
            return None;
        }
        inner.forget(run_id);
        Some(true)
    }

    /// Runs, as [`Db::runs`](crate::db::Db::runs) lists them.
    pub(crate) fn runs(&self, filter: &RunFilter) -> Vec<StoredRun> {
        let inner = self.inner();
        let mut runs: Vec<_> = inner.runs.values().filter(|row| passes(filter, row)).map(StoredRun::new).collect();
        runs.sort_by(|a, b| (a.created_at, &a.run_id).cmp(&(b.created_at, &b.run_id)));
        if filter.newest_first {
            runs.reverse();
        }
        runs.truncate(filter.limit.unwrap_or(usize::MAX));
        runs
    }

    /// Deletes finished runs, as [`Db::prune`](crate::db::Db::prune) does.
    pub(crate) fn prune(&self, prune: &Prune) -> u64 {
        let Prune { workflow_id, before, keep } = prune;
        let mut inner = self.inner();
        let mut finished: Vec<_> = inner
            .runs
            .values()
            .filter(|row| row.status.is_terminal() && row.live.is_none())
            .filter(|row| workflow_id.as_ref().is_none_or(|id| **id == *row.info.workflow_id))
            .collect();
        // Only one workflow's runs are on a desk.
        finished.sort_unstable_by(|a, b| (b.info.created_at, &b.info.run_id).cmp(&(a.info.created_at, &a.info.run_id)));
        let old = finished.into_iter().skip(keep.unwrap_or(0)).filter(|row| before.is_none_or(|before| row.updated_at < before));
        let gone: Vec<_> = old.map(|row| Arc::clone(&row.info.run_id)).collect();
        gone.iter().for_each(|run_id| inner.forget(run_id));
        gone.len() as u64
    }

    /// Puts a new run in; `false` if there is one of its id.
    pub(crate) fn insert(&self, row: Row) -> bool {
        let mut inner = self.inner();
        let run_id = Arc::clone(&row.info.run_id);
        if inner.runs.contains_key(&run_id) {
            return false;
        }
        if let Some(session) = inner.sessions.get(&row.info.session_id) {
            session.add_run(&run_id, &row.info.workflow_id);
        }
        inner.runs.insert(run_id, row);
        true
    }

    /// Looks at a run, or changes it. `None`: there is none, or it is another user's.
    pub(crate) fn with<T>(&self, run_id: &str, user_id: Option<&str>, look: impl FnOnce(&mut Row) -> T) -> Option<T> {
        let mut inner = self.inner();
        let row = inner.runs.get_mut(run_id).filter(|row| user_id.is_none() || row.info.user_id.as_deref() == user_id)?;
        Some(look(row))
    }

    /// Changes a run, and takes it away if it goes.
    pub(crate) fn update<T>(&self, run_id: &str, change: impl FnOnce(&mut Row) -> (T, Keep)) -> Option<T> {
        let mut inner = self.inner();
        let (changed, keep) = change(inner.runs.get_mut(run_id)?);
        let gone = match keep {
            Keep::Stays => None,
            Keep::Goes => inner.runs.remove(run_id),
        };
        drop(inner);
        // Its values may be dropped with it: not under the lock.
        drop(gone);
        Some(changed)
    }

    /// Takes a run away, which is in a store.
    pub(crate) fn remove(&self, run_id: &str) {
        let gone = self.inner().runs.remove(run_id);
        drop(gone);
    }

    /// A run has ended: it is kept as long as there is room.
    pub(crate) fn finished(&self, run_id: &str) {
        let mut inner = self.inner();
        let Some(row) = inner.runs.get_mut(run_id) else { return };
        row.updated_at = Timestamp::now();
        let run_id = Arc::clone(&row.info.run_id);
        // It is not there yet: `continued` takes it out when a leg begins.
        inner.finished.push_back(run_id);
        while inner.finished.len() > inner.keep_runs {
            let Some(oldest) = inner.finished.front().cloned() else { break };
            inner.forget(&oldest);
        }
    }

    /// A run goes on: it is finished no more.
    pub(crate) fn continued(&self, run_id: &str) {
        self.inner().finished.retain(|id| &**id != run_id);
    }

    fn completed<T>(&self, session_id: &str, n: Option<usize>, read: impl Fn(&Row) -> Option<T>) -> Vec<T> {
        let inner = self.inner();
        let Some(session) = inner.sessions.get(session_id) else { return Vec::new() };
        let runs = session.runs();
        let completed = runs.iter().rev().filter_map(|id| inner.runs.get(id)).filter(|row| row.status == Status::Completed);
        let mut last: Vec<_> = completed.take(n.unwrap_or(usize::MAX)).filter_map(read).collect();
        last.reverse();
        last
    }

    /// The inputs and outputs of completed runs, oldest first.
    pub(crate) fn turns(&self, session_id: &str, n: Option<usize>) -> Vec<KeptTurn> {
        self.completed(session_id, n, |row| {
            Some(KeptTurn { run_id: row.info.run_id.to_string(), input: row.input.clone(), output: row.output.clone()? })
        })
    }
}

impl Inner {
    /// A run goes. A session that it got of its own goes with it; one that was named stays, with its state.
    fn forget(&mut self, run_id: &str) {
        self.finished.retain(|id| &**id != run_id);
        let Some(row) = self.runs.remove(run_id) else { return };
        if let Some(live) = &row.live {
            live.run.scope.cancel();
        }
        let Some(session) = self.sessions.get(&row.info.session_id) else { return };
        session.remove_run(run_id);
        if row.info.own_session && session.runs().is_empty() {
            self.sessions.remove(&row.info.session_id);
        }
    }
}

fn passes(filter: &RunFilter, row: &Row) -> bool {
    let RunFilter { user_id, session_id, workflow_id, status, since, before, orphaned, due, newest_first, after, limit: _ } = filter;
    let info = &row.info;
    let key = (info.created_at, info.run_id.to_string());
    let is_due = |at: Timestamp| {
        row.has_answers() || row.questions.iter().any(|question| question.info.deadline.is_some_and(|deadline| deadline <= at))
    };
    (user_id.is_none() || info.user_id.as_deref() == user_id.as_deref())
        && session_id.as_ref().is_none_or(|id| **id == *info.session_id)
        && workflow_id.as_ref().is_none_or(|id| **id == *info.workflow_id)
        && (status.is_empty() || status.contains(&row.status))
        && since.is_none_or(|since| info.created_at >= since)
        && before.is_none_or(|before| info.created_at < before)
        && (!orphaned || row.live.is_none())
        && due.is_none_or(is_due)
        && after.as_ref().is_none_or(|after| if *newest_first { key < *after } else { key > *after })
}

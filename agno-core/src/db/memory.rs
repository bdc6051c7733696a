//! [`InMemoryDb`]: sessions and runs in this process, until it ends.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::Row;
use crate::{
    error::{Error, Result},
    session::Session,
    shared::Shared,
    step::TypedHistory,
    workflow::{Status, StoredRun, Workflow},
};

/// How many finished runs are kept, unless `keep_runs` says otherwise.
const KEEP_RUNS: usize = 1_000;

/// Sessions and runs in memory. Cloning it gives another handle to the same store, which several workflows may share.
#[derive(Clone, Debug)]
pub struct InMemoryDb(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    sessions: HashMap<Arc<str>, Arc<Session>>,
    runs: HashMap<Arc<str>, Row>,
    /// Finished runs, oldest first.
    finished: VecDeque<Arc<str>>,
    keep_runs: usize,
}

impl Default for InMemoryDb {
    fn default() -> Self {
        let inner = Inner { sessions: HashMap::new(), runs: HashMap::new(), finished: VecDeque::new(), keep_runs: KEEP_RUNS };
        Self(Arc::new(Mutex::new(inner)))
    }
}

impl InMemoryDb {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps at most so many finished runs. Default 1,000. Runs that are not finished are always kept.
    #[must_use]
    pub fn keep_runs(self, runs: usize) -> Self {
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

    /// Puts a new run in; `false` if there is one of its id.
    pub(crate) fn insert(&self, row: Row) -> bool {
        let mut inner = self.inner();
        let run_id = Arc::clone(&row.info.run_id);
        if inner.runs.contains_key(&run_id) {
            return false;
        }
        if let Some(session) = inner.sessions.get(&row.info.session_id) {
            session.add_run(&run_id);
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

    /// A run has ended: it is kept as long as there is room.
    pub(crate) fn finished(&self, run_id: &str) {
        let mut inner = self.inner();
        let Some(run_id) = inner.runs.get(run_id).map(|row| Arc::clone(&row.info.run_id)) else { return };
        // It is not there yet: `continued` takes it out when a leg begins.
        inner.finished.push_back(run_id);
        while inner.finished.len() > inner.keep_runs {
            let Some(oldest) = inner.finished.pop_front() else { break };
            let Some(row) = inner.runs.remove(&oldest) else { continue };
            let Some(session) = inner.sessions.get(&row.info.session_id) else { continue };
            session.remove_run(&oldest);
            // A session that the run got of its own goes with it; one that was named stays, with its state.
            if row.info.own_session && session.runs().is_empty() {
                inner.sessions.remove(&row.info.session_id);
            }
        }
    }

    /// A run goes on: it is finished no more.
    pub(crate) fn continued(&self, run_id: &str) {
        self.inner().finished.retain(|id| &**id != run_id);
    }

    pub(crate) fn stored(&self, run_id: &str, user_id: Option<&str>) -> Option<StoredRun> {
        self.with(run_id, user_id, |row| StoredRun::new(row))
    }

    /// Runs that ran when whoever ran them went away, and those whose questions need not be waited for any more.
    pub(crate) fn orphans(&self, workflow_id: &str, user_id: Option<&str>) -> Vec<Arc<str>> {
        let inner = self.inner();
        let orphans = inner.runs.values().filter(|row| {
            let goes_on = row.status == Status::Running || (row.status == Status::Paused && (row.has_answers() || row.is_due()));
            goes_on
                && row.live.is_none()
                && &*row.info.workflow_id == workflow_id
                && (user_id.is_none() || row.info.user_id.as_deref() == user_id)
        });
        orphans.map(|row| Arc::clone(&row.info.run_id)).collect()
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

    pub(crate) fn history<W: Workflow>(&self, session_id: &str, n: Option<usize>) -> Result<TypedHistory<W>> {
        let rows = self.completed(session_id, n, |row| Some((Arc::clone(&row.info.run_id), row.input.clone(), row.output.clone()?)));
        let pairs = rows.into_iter().map(|(run_id, input, output)| {
            let other = |error: serde_json::Error| Error::other(format!("run `{run_id}` is no run of `{}`: {error}", W::PLAN.type_name));
            let whole = "what a row keeps is whole";
            let input = input.shared(W::INPUT).map_err(other)?;
            let output = output.shared(W::OUTPUT).map_err(other)?;
            Ok((Shared::into_whole(input).expect(whole), Shared::into_whole(output).expect(whole)))
        });
        pairs.collect()
    }

    /// The block that a prompt gets; empty without completed runs.
    pub(crate) fn history_text(&self, session_id: &str, n: Option<usize>) -> Result<String> {
        let rows = self.completed(session_id, n, |row| Some((row.input.clone(), row.output.clone()?)));
        if rows.is_empty() {
            return Ok(String::new());
        }
        let mut text = String::from("<workflow_history_context>\n");
        for (index, (input, output)) in rows.into_iter().enumerate() {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "[run-{}]\ninput: {}\nresponse: {}\n\n", index + 1, plain(&input.json()?), plain(&output.json()?));
        }
        text.truncate(text.trim_end().len());
        text.push_str("\n</workflow_history_context>");
        Ok(text)
    }
}

/// Text as it is, everything else as JSON.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

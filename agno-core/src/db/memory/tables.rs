//! The data of a store in memory, and what changes it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Weak},
};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::Owner;
use crate::{
    db::{
        DbError,
        rows::{Claim, Commit, MediaRow, NewRun, Record, RecordKind, Redefined, RunRow, SessionRow, StateRow, StateWrite},
    },
    event::Event,
    workflow::Status,
};

/// How many finished runs are kept, unless `keep_runs` says otherwise.
const KEEP_RUNS: usize = 1_000;

#[derive(Debug)]
pub(super) struct Tables {
    pub(super) sessions: HashMap<String, Session>,
    pub(super) runs: HashMap<String, Run>,
    definitions: HashMap<String, Arc<Value>>,
    owners: HashMap<String, Weak<Owner>>,
    /// Finished runs, by when they finished: the oldest go first.
    finished: BTreeMap<u64, String>,
    /// The number of the next run to finish.
    next: u64,
    keep_runs: usize,
}

#[derive(Debug)]
pub(super) struct Session {
    pub(super) row: SessionRow,
    pub(super) states: BTreeMap<String, StateRow>,
    /// In the order of listings.
    pub(super) runs: BTreeSet<(Timestamp, String)>,
}

#[derive(Debug)]
pub(super) struct Run {
    pub(super) row: RunRow,
    /// In the order in which they were first written.
    pub(super) records: IndexMap<(String, RecordKind), Record>,
    pub(super) events: BTreeMap<u64, Arc<Event>>,
    pub(super) media: HashMap<String, Arc<[u8]>>,
    /// Its place among the finished runs.
    finished: Option<u64>,
}

impl Default for Tables {
    fn default() -> Self {
        Self {
            sessions: HashMap::new(),
            runs: HashMap::new(),
            definitions: HashMap::new(),
            owners: HashMap::new(),
            finished: BTreeMap::new(),
            next: 0,
            keep_runs: KEEP_RUNS,
        }
    }
}

impl Tables {
    pub(super) fn keep_runs(&mut self, runs: usize) {
        self.keep_runs = runs;
        self.drop_oldest();
    }

    pub(super) fn add_owner(&mut self, owner: &Arc<Owner>) {
        self.owners.retain(|_, owner| owner.strong_count() > 0);
        self.owners.insert(owner.id().to_owned(), Arc::downgrade(owner));
    }

    /// Whether a run's owner is alive and has not let it go.
    pub(super) fn owns(&self, row: &RunRow) -> bool {
        let owner = row.owner.as_ref().and_then(|owner| self.owners.get(owner)).and_then(Weak::upgrade);
        owner.is_some_and(|owner| owner.live().contains(&row.run_id))
    }

    pub(super) fn commit(&mut self, commit: Commit, owner: &Owner) -> Result<(), DbError> {
        let run_id = Arc::clone(&commit.run_id);
        let (takes, only_lets_go) = (commit.takes(), commit.lets_go() && commit.begin.is_none());
        let committed = self.check(&commit).map(|()| self.apply(commit, owner));
        if committed.is_ok() && takes {
            owner.live().insert(run_id.to_string());
        } else if only_lets_go {
            // Whoever wants to let go does not run it any more, whether the store hears of it or not.
            owner.live().remove(&*run_id);
        }
        committed
    }

    /// Everything that can be refused is refused here, before anything is changed.
    fn check(&self, commit: &Commit) -> Result<(), DbError> {
        let run = self.runs.get(&*commit.run_id);
        match &commit.begin {
            Some(_) if run.is_some() => return Err(DbError::Exists { run_id: commit.run_id.to_string() }),
            Some(begin) => {
                let session = self.sessions.get(&begin.run.session_id).map_or(&begin.session, |session| &session.row);
                if begin.run.user_id.is_some() && begin.run.user_id != session.user_id {
                    return Err(DbError::OtherUser { id: session.id.clone() });
                }
            }
            None if run.is_none_or(|run| run.row.fence != commit.fence) => {
                return Err(DbError::LeaseLost { run_id: commit.run_id.to_string() });
            }
            None => {}
        }
        let new = commit.begin.as_ref().map(|begin| &begin.session.id);
        commit.states_in_turn().try_for_each(|(write, before)| self.check_state(write, before, new))
    }

    /// `before`: how often the same commit has changed the state by then. `new`: the session that it makes.
    fn check_state(&self, write: &StateWrite, before: u64, new: Option<&String>) -> Result<(), DbError> {
        let Some(session) = self.sessions.get(&write.session_id) else {
            if new != Some(&write.session_id) {
                return Err(DbError::Missing { id: write.session_id.clone() });
            }
            return if write.read.is_none_or(|read| read == before) { Ok(()) } else { Err(conflict(write, None)) };
        };
        let state = session.states.get(&write.key);
        match write.read {
            Some(read) if read != state.map_or(0, |state| state.version) + before => Err(conflict(write, state)),
            _ => Ok(()),
        }
    }

    fn apply(&mut self, commit: Commit, owner: &Owner) {
        let Commit { run_id, fence, begin, redefined, records, media, removed, states, events, standing, release } = commit;
        if let Some(begin) = begin {
            self.begin(*begin, fence, owner);
        }
        for write in states {
            self.put_state(write);
        }
        let Some(run) = self.runs.get_mut(&*run_id) else { return };
        if let Some(redefined) = redefined {
            let Redefined { fingerprint, definition } = *redefined;
            self.definitions.entry(fingerprint.clone()).or_insert(definition);
            run.row.fingerprint = fingerprint;
        }
        for key in removed {
            run.records.shift_remove(&key);
        }
        for record in records {
            run.records.insert((record.path.clone(), record.kind), record);
        }
        for MediaRow { digest, bytes } in media {
            run.media.entry(digest).or_insert(bytes);
        }
        run.events.extend(events.into_iter().map(|event| (event.sequence, event)));
        if release {
            run.row.owner = None;
        }
        if let Some(standing) = standing {
            run.row.standing = *standing;
            // What was to be cancelled and has failed instead is done with: whoever takes it on later is not told.
            run.row.cancel &= run.row.standing.status != Status::Failed;
            if run.row.standing.status != Status::Running {
                run.row.owner = None;
            }
        }
        self.note_whether_finished(&run_id);
    }

    fn begin(&mut self, begin: NewRun, fence: u64, owner: &Owner) {
        let NewRun { mut run, session, definition } = begin;
        // A run that is stored whole, after it ended, is nobody's.
        let runs = matches!(run.standing.status, Status::Pending | Status::Running);
        run.owner = runs.then(|| owner.id().to_owned());
        run.fence = fence;
        self.definitions.entry(run.fingerprint.clone()).or_insert(definition);
        let session = self.sessions.entry(run.session_id.clone()).or_insert_with(|| Session::new(session));
        session.runs.insert((run.created_at, run.run_id.clone()));
        let id = run.run_id.clone();
        self.runs.insert(id, Run { row: run, records: IndexMap::new(), events: BTreeMap::new(), media: HashMap::new(), finished: None });
    }

    /// A finished run is kept as long as there is room; one that goes on is finished no more.
    fn note_whether_finished(&mut self, run_id: &str) {
        let Some(run) = self.runs.get_mut(run_id) else { return };
        let is_finished = run.row.standing.status.is_terminal() && run.row.owner.is_none();
        match run.finished {
            None if is_finished => {
                run.finished = Some(self.next);
                self.finished.insert(self.next, run_id.to_owned());
                self.next += 1;
                self.drop_oldest();
            }
            Some(place) if !is_finished => {
                run.finished = None;
                self.finished.remove(&place);
            }
            _ => {}
        }
    }

    fn drop_oldest(&mut self) {
        while self.finished.len() > self.keep_runs {
            let Some((_, oldest)) = self.finished.pop_first() else { break };
            self.delete_run(&oldest);
        }
    }

    pub(super) fn claim(&mut self, run_id: &str, force: bool, owner: &Owner) -> Claim {
        let Some(run) = self.runs.get(run_id) else { return Claim::Missing };
        if matches!(run.row.standing.status, Status::Completed | Status::Cancelled) {
            return Claim::Ended;
        }
        if !force && self.owns(&run.row) {
            return Claim::Held { until: None };
        }
        let Some(run) = self.runs.get_mut(run_id) else { return Claim::Missing };
        run.row.owner = Some(owner.id().to_owned());
        run.row.fence += 1;
        run.row.standing.status = Status::Running;
        let fence = run.row.fence;
        owner.live().insert(run_id.to_owned());
        self.note_whether_finished(run_id);
        Claim::Yours { fence }
    }

    pub(super) fn answer(&mut self, run_id: &str, answer: Record) -> Result<bool, DbError> {
        let run = self.runs.get_mut(run_id).ok_or_else(|| missing(run_id))?;
        let key = (answer.path.clone(), answer.kind);
        let is_first = !run.records.contains_key(&key);
        if is_first {
            run.records.insert(key, answer);
        }
        Ok(is_first)
    }

    pub(super) fn request_cancel(&mut self, run_id: &str) -> Result<(), DbError> {
        let row = &mut self.runs.get_mut(run_id).ok_or_else(|| missing(run_id))?.row;
        row.cancel |= !row.standing.status.is_terminal();
        Ok(())
    }

    pub(super) fn delete_run(&mut self, run_id: &str) -> bool {
        let Some(run) = self.runs.remove(run_id) else { return false };
        if let Some(place) = run.finished {
            self.finished.remove(&place);
        }
        if let Some(session) = self.sessions.get_mut(&run.row.session_id) {
            session.runs.remove(&(run.row.created_at, run.row.run_id));
            // A session that the run got of its own goes with it; one that was named stays, with its state.
            if run.row.own_session && session.runs.is_empty() {
                self.sessions.remove(&run.row.session_id);
            }
        }
        true
    }

    pub(super) fn create_session(&mut self, session: SessionRow) -> bool {
        let is_new = !self.sessions.contains_key(&session.id);
        if is_new {
            self.sessions.insert(session.id.clone(), Session::new(session));
        }
        is_new
    }

    pub(super) fn rename_session(&mut self, session_id: &str, name: &str) -> bool {
        let session = self.sessions.get_mut(session_id);
        session.map(|session| session.row.name = Some(name.to_owned())).is_some()
    }

    pub(super) fn delete_session(&mut self, session_id: &str) -> bool {
        let Some(session) = self.sessions.remove(session_id) else { return false };
        for (_, run_id) in &session.runs {
            self.delete_run(run_id);
        }
        true
    }

    pub(super) fn write_state(&mut self, write: StateWrite) -> Result<u64, DbError> {
        self.check_state(&write, 0, None)?;
        Ok(self.put_state(write))
    }

    /// The next version of a state. Its session is there.
    fn put_state(&mut self, write: StateWrite) -> u64 {
        let Some(session) = self.sessions.get_mut(&write.session_id) else { return 0 };
        let version = session.states.get(&write.key).map_or(0, |state| state.version) + 1;
        let StateWrite { key, value, by, .. } = write;
        session.states.insert(key.clone(), StateRow { key, value, version, by });
        version
    }

    pub(super) fn definition(&self, fingerprint: &str) -> Option<Arc<Value>> {
        self.definitions.get(fingerprint).cloned()
    }
}

impl Session {
    fn new(row: SessionRow) -> Self {
        Self { row, states: BTreeMap::new(), runs: BTreeSet::new() }
    }
}

fn missing(run_id: &str) -> DbError {
    DbError::Missing { id: run_id.to_owned() }
}

fn conflict(write: &StateWrite, state: Option<&StateRow>) -> DbError {
    let by = state.map_or_else(String::new, |state| state.by.clone());
    DbError::StateConflict { session_id: write.session_id.clone(), key: write.key.clone(), by }
}

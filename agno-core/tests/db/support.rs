//! Rows to store.
#![allow(dead_code, reason = "each kind of store uses a part, and two programs of tests have it")]

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use agno_core::{
    DbError, Status,
    db::{
        Db,
        rows::{Commit, MediaRow, NewRun, Record, RecordKind, RunRow, SessionRow, Standing, StateWrite},
    },
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A folder of its own for each test, which goes with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("agno-db-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn standing(status: Status) -> Standing {
    Standing { status, output: (status == Status::Completed).then_some(Value::Null), ..Standing::begun(Timestamp::UNIX_EPOCH) }
}

pub(crate) fn media() -> MediaRow {
    MediaRow { digest: "d".to_owned(), bytes: [1, 2, 3].into() }
}

/// A commit that changes nothing yet.
pub(crate) fn change(run_id: &str, fence: u64) -> Commit {
    Commit::new(Arc::from(run_id), fence)
}

/// A run of the session `session_id` that begins.
pub(crate) fn begin(run_id: &str, session_id: &str, own_session: bool) -> Commit {
    let now = Timestamp::UNIX_EPOCH;
    let session = SessionRow { id: session_id.to_owned(), user_id: None, workflow_id: None, name: None, created_at: now };
    let run = RunRow {
        run_id: run_id.to_owned(),
        session_id: session_id.to_owned(),
        own_session,
        user_id: None,
        workflow: "Digest".to_owned(),
        workflow_id: "digest".to_owned(),
        fingerprint: "f".to_owned(),
        input: Value::Null,
        given: Value::Null,
        stores_events: false,
        created_at: now,
        standing: standing(Status::Running),
        owner: None,
        fence: 1,
        cancel: false,
    };
    Commit { begin: Some(Box::new(NewRun { run, session, definition: Arc::new(Value::Null) })), ..change(run_id, 1) }
}

pub(crate) fn node(path: impl Into<String>, content: impl Into<Value>) -> Record {
    Record { path: path.into(), kind: RecordKind::Node, about: json!({}), content: Some(content.into()) }
}

pub(crate) async fn begun(db: &dyn Db, run_id: &str) {
    db.commit(begin(run_id, "s", false)).await.expect("a new run");
}

pub(crate) async fn write(db: &dyn Db, run_id: &str, records: impl Into<Vec<Record>>) -> Result<(), DbError> {
    db.commit(Commit { records: records.into(), ..change(run_id, 1) }).await
}

/// One more step of a run that also counts in its state. It cannot be made twice without a conflict, nor be left out.
pub(crate) async fn count(db: &dyn Db, run_id: &str, step: u64) -> Result<(), DbError> {
    let state =
        StateWrite { session_id: "s".to_owned(), key: run_id.to_owned(), read: Some(step), value: json!(step + 1), by: run_id.to_owned() };
    db.commit(Commit { records: vec![node(format!("step {step}"), step)], states: vec![state], ..change(run_id, 1) }).await
}

/// All steps so far have been counted once.
pub(crate) async fn assert_counted(db: &dyn Db, run_id: &str, steps: u64) {
    let records = db.records(run_id).await.expect("records");
    let expected: Vec<Record> = (0..steps).map(|step| node(format!("step {step}"), step)).collect();
    assert_eq!(records, expected);
    let states = db.states("s").await.expect("states");
    let state = states.iter().find(|state| state.key == run_id).expect("a state");
    assert_eq!((state.version, &state.value), (steps, &json!(steps)));
}

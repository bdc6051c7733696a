//! Rows to store.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    db::{
        Db,
        rows::{Commit, NewRun, Record, RecordKind, RunRow, SessionRow, Standing, StateWrite},
    },
    event::{Event, EventKind},
    workflow::Status,
};

/// The number under which runs begin here.
pub(super) const FENCE: u64 = 1;

/// A time that no unit but the nanosecond can hold.
pub(super) fn at(seconds: i64) -> Timestamp {
    let start = Timestamp::from_second(1_700_000_000).expect("a time of this century");
    start + SignedDuration::new(seconds, 123_456_789)
}

pub(super) fn session(id: &str) -> SessionRow {
    SessionRow { id: id.to_owned(), user_id: None, workflow_id: Some("digest".to_owned()), name: None, created_at: at(0) }
}

pub(super) fn standing(status: Status) -> Standing {
    let output = (status == Status::Completed).then(|| json!({ "title": "Rust" }));
    let failure = (status == Status::Failed).then(|| json!({ "path": "write" }));
    Standing { status, output, failure, ..Standing::begun(at(1)) }
}

/// A run of the workflow `digest` in the session `s`.
pub(super) fn run(run_id: &str) -> RunRow {
    RunRow {
        run_id: run_id.to_owned(),
        session_id: "s".to_owned(),
        own_session: false,
        user_id: None,
        workflow: "Digest".to_owned(),
        workflow_id: "digest".to_owned(),
        fingerprint: "f-1".to_owned(),
        input: json!({ "topic": "Rust" }),
        given: json!({}),
        stores_events: false,
        created_at: at(0),
        standing: standing(Status::Running),
        owner: None,
        fence: FENCE,
        cancel: false,
    }
}

/// Nothing yet.
pub(super) fn change(run_id: &str) -> Commit {
    Commit::new(Arc::from(run_id), FENCE)
}

pub(super) fn begin(run: RunRow) -> Commit {
    let session = SessionRow { user_id: run.user_id.clone(), ..session(&run.session_id) };
    let mut commit = change(&run.run_id);
    commit.fence = run.fence;
    commit.begin = Some(Box::new(NewRun { run, session, definition: Arc::new(json!({ "name": "Digest" })) }));
    commit
}

pub(super) fn stand(run_id: &str, standing: Standing) -> Commit {
    Commit { standing: Some(Box::new(standing)), ..change(run_id) }
}

pub(super) fn record(path: &str, kind: RecordKind, content: impl Into<Value>) -> Record {
    Record { path: path.to_owned(), kind, about: json!({ "attempts": 1 }), content: Some(content.into()) }
}

pub(super) fn node(path: &str, content: impl Into<Value>) -> Record {
    record(path, RecordKind::Node, content)
}

pub(super) fn write(run_id: &str, records: impl Into<Vec<Record>>) -> Commit {
    Commit { records: records.into(), ..change(run_id) }
}

pub(super) fn state(key: &str, read: Option<u64>, value: Value, by: &str) -> StateWrite {
    StateWrite { session_id: "s".to_owned(), key: key.to_owned(), read, value, by: by.to_owned() }
}

pub(super) fn event(run_id: &str, sequence: u64, kind: EventKind) -> Arc<Event> {
    Arc::new(Event {
        sequence,
        run_id: Arc::from(run_id),
        session_id: Arc::from("s"),
        workflow: Arc::from("Digest"),
        path: "research/web".to_owned(),
        parent: Some("research".to_owned()),
        at: at(2),
        kind,
    })
}

/// Begins a run as it is.
pub(super) async fn begun(db: &dyn Db, row: RunRow) {
    db.commit(begin(row)).await.expect("a new run");
}

/// Begins a run that ends in this way, at that time.
pub(super) async fn ended(db: &dyn Db, row: RunRow, status: Status) {
    let run_id = row.run_id.clone();
    begun(db, row).await;
    db.commit(stand(&run_id, standing(status))).await.expect("its end");
}

pub(super) async fn contents(db: &dyn Db, run_id: &str) -> Vec<(String, Value)> {
    let records = db.records(run_id).await.expect("records");
    records.into_iter().map(|record| (record.path, record.content.unwrap_or_default())).collect()
}

//! What is written: rows as a run of a few steps makes them.

use std::sync::Arc;

use agno::{
    Status,
    db::{
        Db,
        rows::{Commit, NewRun, Record, RecordKind, RunRow, SessionRow, Standing},
    },
};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::STEPS;

pub(super) fn content() -> Value {
    json!({ "id": 7, "n": 12, "text": "x".repeat(150) })
}

fn standing(status: Status) -> Standing {
    let output = (status == Status::Completed).then(content);
    Standing { status, output, sequence: 20, nanos: 1_000, ..Standing::begun(Timestamp::now()) }
}

pub(super) fn new_id() -> Arc<str> {
    Uuid::now_v7().to_string().into()
}

pub(super) fn commit(run_id: &Arc<str>, step: usize) -> Commit {
    let record = Record {
        path: format!("step_{step}"),
        kind: RecordKind::Node,
        about: json!({ "attempts": 1, "nanos": 1_234 }),
        content: Some(content()),
    };
    Commit { records: vec![record], ..Commit::new(Arc::clone(run_id), 1) }
}

pub(super) fn begin(run_id: &Arc<str>, session: Option<&str>) -> Box<NewRun> {
    let session_id = session.map_or_else(|| format!("s-{run_id}"), str::to_owned);
    let now = Timestamp::now();
    Box::new(NewRun {
        run: RunRow {
            run_id: run_id.to_string(),
            session_id: session_id.clone(),
            own_session: session.is_none(),
            user_id: None,
            workflow: "Pipeline".to_owned(),
            workflow_id: "pipeline".to_owned(),
            fingerprint: "f".to_owned(),
            input: content(),
            given: json!({}),
            stores_events: false,
            created_at: now,
            standing: standing(Status::Running),
            owner: None,
            fence: 1,
            cancel: false,
        },
        session: SessionRow { id: session_id, user_id: None, workflow_id: Some("pipeline".to_owned()), name: None, created_at: now },
        definition: Arc::new(json!({ "name": "Pipeline" })),
    })
}

/// A run that goes on for as long as is measured, and its first commit.
pub(super) async fn begun(db: &dyn Db) -> Arc<str> {
    let run_id = new_id();
    let mut first = commit(&run_id, 1_000_000);
    first.begin = Some(begin(&run_id, None));
    db.commit(first).await.expect("a run");
    run_id
}

/// A whole run: its row with the first commit, its end with the last.
pub(super) async fn whole_run(db: &dyn Db, session: Option<&str>) {
    let run_id = new_id();
    for step in 0..STEPS {
        let mut commit = commit(&run_id, step);
        commit.begin = (step == 0).then(|| begin(&run_id, session));
        commit.standing = (step == STEPS - 1).then(|| Box::new(standing(Status::Completed)));
        db.commit(commit).await.expect("a commit");
    }
}

/// Five commits of a run that has begun.
pub(super) async fn bare_commits(db: &dyn Db, run_id: &Arc<str>, round: usize) {
    for step in 0..STEPS {
        db.commit(commit(run_id, round * STEPS + step)).await.expect("a commit");
    }
}

//! Rows of tables as plain data, and back.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Fields;
use crate::{
    db::{
        DbError,
        rows::{Record, RecordKind, RunRow, SessionRow, Standing, StateRow, Turn},
    },
    event::{Event, EventKind},
    workflow::Status,
};

/// The columns of a run, in the order of [`run`].
pub(super) const RUN: &str = "r.run_id, r.session_id, r.own_session, r.user_id, r.workflow, r.workflow_id, r.fingerprint, i.input, i.given, \
     r.stores_events, r.created_at, r.status, r.output, r.failure, r.carried, r.sequence, r.nanos, r.state, r.due_at, r.updated_at, r.owner, r.fence, \
     r.cancel";
/// Where they come from.
pub(super) const FROM_RUNS: &str = "FROM ~runs r JOIN ~inputs i ON i.run = r.key";
/// The columns of a record, in the order of [`record`].
pub(super) const RECORD: &str = "path, kind, about, content";
/// The columns of a session, in the order of [`session`].
pub(super) const SESSION: &str = "id, user_id, workflow_id, name, created_at";

/// A count as a number that databases have.
pub(in crate::db) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A time as nanoseconds since 1970, which reach from 1677 to 2262.
pub(in crate::db) fn time_number(time: Timestamp) -> i64 {
    let nanoseconds = time.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}

/// A status as it is stored. The numbers also stand in the migrations, in the conditions of indices.
pub(super) const fn status_number(status: Status) -> i64 {
    match status {
        Status::Pending => 0,
        Status::Running => 1,
        Status::Paused => 2,
        Status::Completed => 3,
        Status::Failed => 4,
        Status::Cancelled => 5,
    }
}

pub(super) fn status(fields: &mut Fields) -> Result<Status, DbError> {
    Ok(match fields.int()? {
        0 => Status::Pending,
        1 => Status::Running,
        2 => Status::Paused,
        3 => Status::Completed,
        4 => Status::Failed,
        5 => Status::Cancelled,
        other => return Err(fields.wrong(format!("there is no status {other}"))),
    })
}

pub(super) fn run(fields: &mut Fields) -> Result<RunRow, DbError> {
    Ok(RunRow {
        run_id: fields.text()?,
        session_id: fields.text()?,
        own_session: fields.flag()?,
        user_id: fields.maybe_text()?,
        workflow: fields.text()?,
        workflow_id: fields.text()?,
        fingerprint: fields.text()?,
        input: fields.json()?,
        given: fields.json()?,
        stores_events: fields.flag()?,
        created_at: fields.time()?,
        standing: Standing {
            status: status(fields)?,
            output: fields.maybe_json()?,
            failure: fields.maybe_json()?,
            carried: fields.maybe_json()?,
            sequence: fields.count()?,
            nanos: fields.count()?,
            state: fields.maybe_json()?,
            due_at: fields.maybe_time()?,
            updated_at: fields.time()?,
        },
        owner: fields.maybe_text()?,
        fence: fields.count()?,
        cancel: fields.flag()?,
    })
}

pub(super) fn record(fields: &mut Fields) -> Result<Record, DbError> {
    let path = fields.text()?;
    let number = fields.int()?;
    let kind = i16::try_from(number).ok().and_then(RecordKind::of);
    let kind = kind.ok_or_else(|| fields.wrong(format!("there is no kind {number} of records")))?;
    Ok(Record { path, kind, about: fields.json()?, content: fields.maybe_json()? })
}

pub(super) fn session(fields: &mut Fields) -> Result<SessionRow, DbError> {
    Ok(SessionRow {
        id: fields.text()?,
        user_id: fields.maybe_text()?,
        workflow_id: fields.maybe_text()?,
        name: fields.maybe_text()?,
        created_at: fields.time()?,
    })
}

/// `key, value, version, by`.
pub(super) fn state(fields: &mut Fields) -> Result<StateRow, DbError> {
    Ok(StateRow { key: fields.text()?, value: fields.json()?, version: fields.count()?, by: fields.text()? })
}

/// `run_id, input, output`.
pub(super) fn turn(fields: &mut Fields) -> Result<Turn, DbError> {
    Ok(Turn { run_id: fields.text()?, input: fields.json()?, output: fields.maybe_json()?.unwrap_or_default() })
}

/// What an event says beside its number and its run, as it is stored.
#[derive(Serialize)]
struct Told<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    at: Timestamp,
    kind: &'a EventKind,
}

#[derive(Deserialize)]
struct Read {
    path: String,
    parent: Option<String>,
    at: Timestamp,
    kind: EventKind,
}

pub(in crate::db) fn event_json(event: &Event) -> Result<String, DbError> {
    super::json(&Told { path: &event.path, parent: event.parent.as_deref(), at: event.at, kind: &event.kind })
}

/// `run_id, session_id, workflow`: what all events of a run have.
pub(super) struct EventsOf {
    run_id: Arc<str>,
    session_id: Arc<str>,
    workflow: Arc<str>,
}

impl EventsOf {
    pub(super) fn new(fields: &mut Fields) -> Result<Self, DbError> {
        Ok(Self { run_id: fields.text()?.into(), session_id: fields.text()?.into(), workflow: fields.text()?.into() })
    }

    /// `sequence, event`.
    pub(super) fn event(&self, fields: &mut Fields) -> Result<Arc<Event>, DbError> {
        let sequence = fields.count()?;
        let text = fields.text()?;
        let Read { path, parent, at, kind } =
            serde_json::from_str(&text).map_err(|error| fields.wrong(format!("event {sequence} of run `{}`: {error}", self.run_id)))?;
        let (run_id, session_id, workflow) = (Arc::clone(&self.run_id), Arc::clone(&self.session_id), Arc::clone(&self.workflow));
        Ok(Arc::new(Event { sequence, run_id, session_id, workflow, path, parent, at, kind }))
    }
}

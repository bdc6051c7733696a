//! Rows as arguments, in the order in which all statements have them.

use std::sync::Arc;

use super::{Arg, json, number, row::status_number};
use crate::{
    db::{
        DbError,
        rows::{Commit, NewRun, Record, SessionRow, Standing},
    },
    workflow::Status,
};

/// `id, user_id, workflow_id, name, created_at`.
pub(in crate::db) fn session(session: &SessionRow) -> [Arg; 5] {
    let SessionRow { id, user_id, workflow_id, name, created_at } = session;
    [id.as_str().into(), user_id.into(), workflow_id.into(), name.into(), (*created_at).into()]
}

/// `path, kind, about, content`.
pub(in crate::db) fn record(record: &Record) -> Result<[Arg; 4], DbError> {
    let content = record.content.as_ref().map(json).transpose()?;
    Ok([record.path.as_str().into(), (record.kind as i64).into(), json(&record.about)?.into(), content.into()])
}

/// `status, output, failure, carried, sequence, nanos, state, due_at, updated_at`.
pub(in crate::db) fn standing(standing: &Standing) -> Result<[Arg; 9], DbError> {
    let Standing { status, output, failure, carried, sequence, nanos, state, due_at, updated_at } = standing;
    let maybe = |value: &Option<serde_json::Value>| value.as_ref().map(json).transpose().map(Arg::from);
    Ok([
        status_number(*status).into(),
        maybe(output)?,
        maybe(failure)?,
        maybe(carried)?,
        number(*sequence).into(),
        number(*nanos).into(),
        maybe(state)?,
        due_at.map_or(Arg::Int(None), Arg::from),
        (*updated_at).into(),
    ])
}

/// A run that begins.
pub(in crate::db) struct Run {
    pub(in crate::db) run_id: Arg,
    pub(in crate::db) session_id: Arg,
    /// `own_session, user_id, workflow, workflow_id, fingerprint, stores_events, created_at`, the columns of [`standing`], `owner, fence, cancel`.
    pub(in crate::db) rest: [Arg; 19],
    /// `input, given`.
    pub(in crate::db) given: [Arg; 2],
}

/// The run is written as it stands after its first commit.
pub(in crate::db) fn run(commit: &Commit, begin: &NewRun, owner: &str) -> Result<Run, DbError> {
    let run = &begin.run;
    let stands = commit.standing.as_deref().unwrap_or(&run.standing);
    // A run that is stored whole, after it ended, is nobody's.
    let goes_on = match commit.standing {
        Some(_) => stands.status == Status::Running,
        None => matches!(stands.status, Status::Pending | Status::Running),
    };
    let owner = (goes_on && !commit.release).then(|| owner.to_owned());
    let [status, output, failure, carried, sequence, nanos, state, due_at, updated_at] = standing(stands)?;
    let rest = [
        run.own_session.into(),
        (&run.user_id).into(),
        run.workflow.as_str().into(),
        run.workflow_id.as_str().into(),
        run.fingerprint.as_str().into(),
        run.stores_events.into(),
        run.created_at.into(),
        status,
        output,
        failure,
        carried,
        sequence,
        nanos,
        state,
        due_at,
        updated_at,
        owner.into(),
        number(commit.fence).into(),
        run.cancel.into(),
    ];
    let given = [json(&run.input)?.into(), json(&run.given)?.into()];
    Ok(Run { run_id: Arc::clone(&commit.run_id).into(), session_id: run.session_id.as_str().into(), rest, given })
}

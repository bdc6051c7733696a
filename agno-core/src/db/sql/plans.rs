//! Every listing has its index, whatever the database.

use jiff::Timestamp;

use super::select::{Query, Which, next_due_query, runs_query, sessions_query};
use crate::{
    db::rows::{RunFilter, SessionFilter},
    workflow::Status,
};

/// Listings, and the indices by which they are found. What an index has in order need not be sorted once more, and a page of it is all that is read.
pub(in crate::db) fn listings() -> Vec<(&'static [&'static str], Query)> {
    let runs = || RunFilter { limit: Some(20), ..RunFilter::default() };
    let sessions = || SessionFilter { limit: Some(20), ..SessionFilter::default() };
    let now = Timestamp::UNIX_EPOCH;
    let any = |filter| runs_query(&filter, Which::Any, &[]);
    let asking = RunFilter { status: vec![Status::Paused], limit: None, ..runs() };
    vec![
        (&["runs_by_time"], any(runs())),
        (&["runs_by_time"], any(RunFilter { newest_first: true, since: Some(now), after: Some((now, "a".to_owned())), ..runs() })),
        (&["runs_by_user"], any(RunFilter { user_id: Some("ann".to_owned()), newest_first: true, ..runs() })),
        (&["runs_by_session"], any(RunFilter { session_id: Some("s".to_owned()), newest_first: true, ..runs() })),
        (&["runs_by_workflow"], any(RunFilter { workflow_id: Some("w".to_owned()), before: Some(now), ..runs() })),
        (&["runs_by_status"], any(RunFilter { status: vec![Status::Failed], ..runs() })),
        (&["runs_by_status"], any(RunFilter { status: vec![Status::Running], orphaned: true, limit: None, ..runs() })),
        (&["runs_by_status"], any(RunFilter { due: Some(now), limit: None, ..runs() })),
        (&["runs_by_status", "questions"], runs_query(&asking, Which::Asking, &[])),
        (&["runs_by_due"], next_due_query("w", None, now)),
        (&["sessions_by_time"], sessions_query(&SessionFilter { newest_first: true, ..sessions() })),
        (&["sessions_by_user"], sessions_query(&SessionFilter { user_id: Some("ann".to_owned()), ..sessions() })),
        (&["sessions_by_workflow"], sessions_query(&SessionFilter { workflow_id: Some("w".to_owned()), ..sessions() })),
    ]
}

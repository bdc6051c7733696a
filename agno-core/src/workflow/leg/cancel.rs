//! Cancelling a run, whether a leg runs it or not.

use std::sync::Arc;

use crate::{
    db::Row,
    error::RunError,
    event::EventKind,
    journal::Begun,
    workflow::{Runner, Status, Workflow},
};

/// Cancels a run, and waits until nothing of it is left running.
pub(crate) async fn cancel<W: Workflow>(runner: &Runner<W>, run_id: &str) -> Result<(), RunError> {
    // A leg may pause or be dropped before it sees the flag, and another one may follow it.
    loop {
        let live = runner.db().with(run_id, runner.user(), |row| match (&row.live, row.status) {
            (Some(live), _) => Ok(Some(live.clone())),
            (None, Status::Cancelled) => Ok(None),
            (None, status) if status.is_terminal() => {
                let reason = format!("it is {status} and cannot be cancelled");
                Err(RunError::Conflict { reason, run: Box::new(row.partial()) })
            }
            (None, _) => {
                cancel_waiting(row);
                Ok(None)
            }
        });
        let live = live.unwrap_or_else(|| Err(RunError::NotFound { run_id: run_id.to_owned() }))?;
        let Some(live) = live else {
            runner.db().finished(run_id);
            return Ok(());
        };
        live.run.scope.cancel();
        live.ended().await;
    }
}

/// Cancels a run that no leg runs: what is open ends, innermost first.
fn cancel_waiting(row: &mut Row) {
    row.status = Status::Cancelled;
    row.questions.clear();
    let ends = std::mem::take(&mut row.begun).into_iter().map(|Begun { path, end, .. }| (path, end));
    let ends: Vec<_> = ends.chain([(String::new(), EventKind::WorkflowCancelled { depth: 0 })]).collect();
    for (path, kind) in ends {
        let sequence = row.sequence;
        row.sequence += 1;
        let keep = !row.info.skip_events.contains(&kind.name());
        if let Some(events) = &mut row.events
            && keep
        {
            events.push(Arc::new(row.info.event(sequence, path, kind)));
        }
    }
}

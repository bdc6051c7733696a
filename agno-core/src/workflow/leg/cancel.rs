//! Cancelling a run, whether a leg runs it or not.

use std::sync::Arc;

use super::{begin::refuse_anothers, stored::let_go};
use crate::{
    db::{DbError, rows::Claim},
    desk::Row,
    durable::{Claimed, LegStands, Outbox, standing},
    error::RunError,
    event::{Event, EventKind},
    journal::Begun,
    plan::Durability,
    workflow::{Runner, Status, Workflow, kept::Loaded},
};

/// Cancels a run, and waits until nothing of it is left running.
pub(crate) async fn cancel<W: Workflow>(runner: &Runner<W>, run_id: &str) -> Result<(), RunError> {
    // A leg may pause or be dropped before it sees the flag, and another one may follow it.
    loop {
        let live = runner.look_here(run_id, |row| {
            if let Some(live) = &row.live {
                return Ok(Some(live.clone()));
            }
            may_cancel(runner, row)?;
            cancel_waiting(row);
            Ok(None)
        });
        match live {
            Some(Ok(Some(live))) => {
                live.run.scope.cancel();
                live.ended().await;
            }
            Some(Ok(None)) => {
                runner.desk().finished(run_id);
                return Ok(());
            }
            Some(Err(error)) => return Err(error),
            None if cancel_stored(runner, run_id).await? => return Ok(()),
            None => {}
        }
    }
}

fn may_cancel<W: Workflow>(runner: &Runner<W>, row: &Row) -> Result<(), RunError> {
    refuse_anothers(runner, row)?;
    if row.status.is_terminal() && row.status != Status::Cancelled {
        let reason = format!("it is {} and cannot be cancelled", row.status);
        return Err(RunError::Conflict { reason, run: Box::new(row.partial()) });
    }
    Ok(())
}

/// Cancels a run that is in the store. `false`: whoever works on it was told, and has let go of it.
async fn cancel_stored<W: Workflow>(runner: &Runner<W>, run_id: &str) -> Result<bool, RunError> {
    let missing = || RunError::NotFound { run_id: run_id.to_owned() };
    let Some(Loaded { mut row, fence, is_owned, standing: before, .. }) = runner.load(run_id, runner.user()).await? else {
        return Err(missing());
    };
    may_cancel(runner, &row)?;
    if row.status == Status::Cancelled {
        return Ok(true);
    }
    let Some(db) = runner.store() else { return Err(missing()) };
    let ours = match db.claim(run_id, false).await? {
        Claim::Missing => return Err(missing()),
        Claim::Ended => return Ok(false),
        Claim::Held { .. } => {
            db.request_cancel(run_id).await?;
            runner.let_go_elsewhere(run_id).await?;
            return Ok(false);
        }
        Claim::Yours { fence } => fence,
    };
    let outbox = Arc::new(Outbox::new(Arc::clone(db), Arc::clone(&row.info.run_id), ours, Durability::Step, row.events.is_some(), None));
    if is_owned || ours != fence + 1 {
        let_go(&**db, &row, ours).await?;
        return Ok(false);
    }
    let mut claimed = Claimed::new(Arc::clone(&outbox), Some(before));
    let questions = std::mem::take(&mut row.questions);
    let said = cancel_waiting(&mut row);
    if row.events.is_some() {
        said.into_iter().for_each(|event| outbox.put_event(event));
    }
    (row.questions, row.status) = (questions, Status::Cancelled);
    row.close_questions(Some(&outbox));
    let standing = standing(LegStands {
        status: Status::Cancelled,
        output: None,
        failure: None,
        begun: &[],
        carried: None,
        questions: &[],
        sequence: row.sequence,
        nanos: row.nanos,
        state: row.state,
        fence: ours,
    });
    let standing = standing.map_err(DbError::other)?;
    claimed.stands(standing.clone());
    outbox.finish(standing, None).await?;
    claimed.handed_on();
    Ok(true)
}

/// Cancels a run that no leg runs: what is open ends, innermost first.
fn cancel_waiting(row: &mut Row) -> Vec<Arc<Event>> {
    if row.status == Status::Cancelled {
        return Vec::new();
    }
    let mut said = Vec::new();
    row.status = Status::Cancelled;
    row.questions.clear();
    let ends = std::mem::take(&mut row.begun).into_iter().map(|Begun { path, end, .. }| (path, end));
    let ends: Vec<_> = ends.chain([(String::new(), EventKind::WorkflowCancelled { depth: 0 })]).collect();
    for (path, kind) in ends {
        let sequence = row.sequence;
        row.sequence += 1;
        let keep = !row.info.skip_events.contains(&kind.name());
        if keep {
            let event = Arc::new(row.info.event(sequence, path, kind));
            said.push(Arc::clone(&event));
            if let Some(events) = &mut row.events {
                events.push(event);
            }
        }
    }
    said
}

//! What a run came to, read from what is kept of it.

use std::sync::Arc;

use super::Concluded;
use crate::{
    desk::{Failure, Row},
    error::{Fault, RunError},
    event::{Event, EventKind},
    workflow::{Outcome, RunOutput, Runner, Status, Workflow},
};

/// What a run that does not run came to.
pub(crate) async fn conclude<W: Workflow>(runner: &Runner<W>, run_id: &str) -> Concluded<W> {
    let concluded = runner.look(run_id, runner.user(), |row| concluded::<W>(row)).await?;
    concluded.unwrap_or_else(|| Err(RunError::NotFound { run_id: run_id.to_owned() }))
}

pub(super) fn concluded<W: Workflow>(row: &Row) -> Concluded<W> {
    match row.status {
        Status::Completed => output::<W>(row).map(Outcome::Completed),
        Status::Paused => Ok(Outcome::Paused(row.paused())),
        Status::Cancelled => Err(RunError::Cancelled { run: Box::new(row.partial()) }),
        Status::Failed => Err(failure(row)),
        Status::Pending | Status::Running => {
            let reason = "its future was dropped before it ended; `resume` takes it on".to_owned();
            Err(RunError::Conflict { reason, run: Box::new(row.partial()) })
        }
    }
}

/// The event that ended the last leg of a run that does not run.
pub(crate) async fn last_event<W: Workflow>(runner: &Runner<W>, run_id: &str) -> Option<Event> {
    let last = runner.look(run_id, runner.user(), |row| {
        if let Some(last) = row.events.iter().flatten().next_back().filter(|event| event.ends_leg()) {
            return Some((**last).clone());
        }
        let kind = match row.status {
            Status::Completed => {
                let content = row.output.as_ref().and_then(|output| output.json().ok()).unwrap_or_default();
                EventKind::WorkflowCompleted { depth: 0, content }
            }
            Status::Paused => EventKind::WorkflowPaused { questions: row.question_infos() },
            Status::Cancelled => EventKind::WorkflowCancelled { depth: 0 },
            Status::Failed => {
                EventKind::WorkflowError { depth: 0, error: row.failure.as_ref().map(ToString::to_string).unwrap_or_default() }
            }
            Status::Pending | Status::Running => return None,
        };
        Some(row.info.event(row.sequence.saturating_sub(1), String::new(), kind))
    });
    last.await.ok().flatten().flatten()
}

fn failure(row: &Row) -> RunError {
    let run = Box::new(row.partial());
    match &row.failure {
        Some(Failure::Step(error)) => RunError::Failed { path: error.path.clone(), attempts: error.attempts, source: error.clone(), run },
        Some(Failure::Fault(fault)) => match &**fault {
            Fault::StateConflict { .. } => RunError::Conflict { reason: fault.to_string(), run },
            Fault::Diverged { path, reason } => RunError::DefinitionChanged { path: path.clone(), reason: reason.clone(), run },
            Fault::Db(error) => RunError::Db { error: error.clone(), run: Some(run) },
            Fault::Changed { .. } => RunError::Conflict { reason: fault.to_string(), run },
            Fault::Misuse { reason } => RunError::Conflict { reason: reason.clone(), run },
        },
        None => RunError::Conflict { reason: "it failed, and why is not stored".to_owned(), run },
    }
}

/// The output of a completed run, with its types.
fn output<W: Workflow>(row: &Row) -> Result<RunOutput<W::Output, W::Input>, RunError> {
    let other = |error: serde_json::Error| RunError::DefinitionChanged {
        path: String::new(),
        reason: format!("it is no run of `{}`: {error}", W::PLAN.type_name),
        run: Box::new(row.partial()),
    };
    let Some(kept) = &row.output else { return Err(failure(row)) };
    let whole = "what a row keeps is whole";
    Ok(RunOutput {
        content: kept.shared(W::OUTPUT).map_err(other)?.into_whole().expect(whole),
        input: row.input.shared(W::INPUT).map_err(other)?.into_whole().expect(whole),
        run_id: Arc::clone(&row.info.run_id),
        session_id: Arc::clone(&row.info.session_id),
        user_id: row.info.user_id.clone(),
        workflow: Arc::clone(&row.info.workflow),
        workflow_id: Arc::clone(&row.info.workflow_id),
        steps: row.steps(),
        metrics: row.metrics(),
        metadata: row.info.metadata.clone(),
        media: row.media(),
        state: row.state.clone(),
        created_at: row.info.created_at,
        events: row.events.clone(),
    })
}

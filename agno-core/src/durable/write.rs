//! What is stored of a run when it begins, and when a leg ends.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::{BegunNode, Given, StoredFailure, Tail, media::stow};
use crate::{
    content::Kept,
    db::rows::{MediaRow, NewRun, RunRow, SessionRow, Standing},
    definition::Current,
    desk::Failure,
    journal::Begun,
    run::{Carried, OpenQuestion, RunInfo},
    workflow::{Status, Workflow},
};

/// The definition of a workflow, as it is stored, and its fingerprint.
pub(crate) fn definition<W: Workflow>() -> (&'static str, Arc<Value>) {
    let current = Current::of(W::PLAN);
    (&current.fingerprint, Arc::clone(&current.json))
}

/// A run that begins. `beside`: gets what is stored beside it.
pub(crate) fn new_run(
    info: &RunInfo,
    input: Value,
    stores_events: bool,
    definition: (&str, Arc<Value>),
    beside: &mut Vec<MediaRow>,
) -> Result<NewRun, serde_json::Error> {
    let given = Given { metadata: info.metadata.clone(), additional_data: info.additional_data.clone(), media: stow(&info.media, beside) };
    let user_id = info.user_id.as_deref().map(str::to_owned);
    let (fingerprint, definition) = definition;
    let session = SessionRow {
        id: info.session_id.to_string(),
        user_id: user_id.clone(),
        workflow_id: Some(info.workflow_id.to_string()),
        name: None,
        created_at: info.created_at,
    };
    let run = RunRow {
        run_id: info.run_id.to_string(),
        session_id: info.session_id.to_string(),
        own_session: info.own_session,
        user_id,
        workflow: info.workflow.to_string(),
        workflow_id: info.workflow_id.to_string(),
        fingerprint: fingerprint.to_owned(),
        input,
        given: serde_json::to_value(given)?,
        stores_events,
        created_at: info.created_at,
        standing: Standing::begun(info.created_at),
        owner: None,
        fence: 1,
        cancel: false,
    };
    Ok(NewRun { run, session, definition })
}

/// How a leg ended, for [`standing`].
pub(crate) struct LegStands<'l> {
    pub(crate) status: Status,
    pub(crate) output: Option<&'l Kept>,
    pub(crate) failure: Option<&'l Failure>,
    pub(crate) begun: &'l [Begun],
    pub(crate) carried: Option<&'l Carried>,
    pub(crate) questions: &'l [OpenQuestion],
    pub(crate) sequence: u64,
    pub(crate) nanos: u64,
    pub(crate) state: Option<Value>,
    /// The number of the leg.
    pub(crate) fence: u64,
}

/// Where a run stands when a leg has ended.
pub(crate) fn standing(leg: LegStands<'_>) -> Result<Standing, serde_json::Error> {
    let LegStands { status, output, failure, begun, carried, questions, sequence, nanos, state, fence } = leg;
    let begun = begun.iter().map(|Begun { path, attempts, once, why, end }| BegunNode {
        path: path.clone(),
        attempts: *attempts,
        once: *once,
        why: (*why).to_owned(),
        end: end.clone(),
    });
    let tail = match status.is_terminal() {
        true => Tail::default(),
        false => Tail { fence, begun: begun.collect(), used: carried.map(|carried| carried.used.clone()).unwrap_or_default() },
    };
    let has_tail = !status.is_terminal();
    let failure = failure.map(|failure| match failure {
        Failure::Step(error) => serde_json::to_value(StoredFailureRef::Step(error)),
        Failure::Fault(fault) => serde_json::to_value(StoredFailureRef::Fault(fault)),
    });
    Ok(Standing {
        status,
        output: output.map(Kept::json).transpose()?,
        failure: failure.transpose()?,
        carried: has_tail.then(|| serde_json::to_value(tail)).transpose()?,
        sequence,
        nanos,
        state,
        due_at: questions.iter().filter_map(|question| question.info.deadline).min(),
        updated_at: Timestamp::now(),
    })
}

/// [`StoredFailure`], by reference.
#[derive(serde::Serialize)]
#[serde(rename_all = "snake_case")]
enum StoredFailureRef<'f> {
    Step(&'f crate::error::StepError),
    Fault(&'f crate::error::Fault),
}

impl StoredFailure {
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Step(error) => Failure::Step(error),
            Self::Fault(fault) => Failure::Fault(Arc::new(fault)),
        }
    }
}

//! [`StoredRun`]: a run that was read without its types.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Metrics, RunOutput, Status, Steps, Workflow};
use crate::{desk::Row, error::RunError, event::Event, media::Media, run::QuestionInfo};

/// A run that was read without its types.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct StoredRun {
    /// The run.
    pub run_id: Arc<str>,
    /// Its session.
    pub session_id: Arc<str>,
    /// The user whose run it is.
    pub user_id: Option<Arc<str>>,
    /// The workflow's name.
    pub workflow: Arc<str>,
    /// The workflow's id.
    pub workflow_id: Arc<str>,
    /// Where it stands.
    pub status: Status,
    /// The input.
    pub input: Value,
    /// The output, if it is completed.
    pub content: Option<Value>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// The open questions.
    pub questions: Vec<QuestionInfo>,
    /// What its nodes gave.
    pub steps: Steps,
    /// What it took.
    pub metrics: Metrics,
    /// What the caller said about it.
    pub metadata: Value,
    /// Media, those given with the run first.
    pub media: Vec<Media>,
    /// The session's state when it ended.
    pub state: Option<Value>,
    /// When it began.
    pub created_at: Timestamp,
    /// Its events, if they are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Arc<Event>>>,
}

impl StoredRun {
    pub(crate) fn new(row: &Row) -> Self {
        let error = row.failure.as_ref().map(ToString::to_string);
        let partial = row.partial();
        Self {
            run_id: partial.run_id,
            session_id: partial.session_id,
            user_id: row.info.user_id.clone(),
            workflow: Arc::clone(&row.info.workflow),
            workflow_id: Arc::clone(&row.info.workflow_id),
            status: partial.status,
            input: row.input.json().unwrap_or_default(),
            content: row.output.as_ref().and_then(|output| output.json().ok()),
            error,
            questions: row.question_infos(),
            steps: partial.steps,
            metrics: partial.metrics,
            metadata: row.info.metadata.clone(),
            media: row.media(),
            state: partial.state,
            created_at: row.info.created_at,
            events: row.events.clone(),
        }
    }

    /// Whether the run has an output.
    #[must_use]
    pub fn has_completed(&self) -> bool {
        self.status == Status::Completed
    }

    /// The run with the types of the workflow `W`.
    ///
    /// # Errors
    /// It has no output, or its input or output is not of `W`'s types.
    pub fn into_typed<W: Workflow>(self) -> Result<RunOutput<W::Output, W::Input>, RunError> {
        let read = |reason: serde_json::Error| RunError::Misuse {
            reason: format!("run `{}` is no run of `{}`: {reason}", self.run_id, W::PLAN.type_name),
        };
        let Some(content) = self.content.clone() else {
            return Err(RunError::Misuse { reason: format!("run `{}` is {} and has no output", self.run_id, self.status) });
        };
        Ok(RunOutput {
            content: W::OUTPUT.read(content).map_err(read)?,
            input: W::INPUT.read(self.input.clone()).map_err(read)?,
            run_id: self.run_id,
            session_id: self.session_id,
            user_id: self.user_id,
            workflow: self.workflow,
            workflow_id: self.workflow_id,
            steps: self.steps,
            metrics: self.metrics,
            metadata: self.metadata,
            media: self.media,
            state: self.state,
            created_at: self.created_at,
            events: self.events,
        })
    }
}

//! What a run comes to: an output, a pause, or less than that.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Steps;
use crate::{
    event::Event,
    journal::Ended,
    media::{Media, MediaKind},
    run::QuestionInfo,
    schema::how_to_answer,
};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is recorded and has not begun.
    Pending,
    /// It runs, or ran in a process that is gone: then `resume` takes it on.
    Running,
    /// It waits for answers.
    Paused,
    /// It has an output.
    Completed,
    /// A step failed; `resume` runs it again.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl Status {
    /// Whether the run has ended. A failed one can still be resumed.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// How a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// It has a value.
    Completed,
    /// Something in it failed.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// A step in it ended the workflow with `Break`.
    Ended,
}

impl OutcomeKind {
    pub(crate) const fn of(ended: Ended) -> Self {
        match ended {
            Ended::Completed => Self::Completed,
            Ended::Failed | Ended::Standing | Ended::Tolerated => Self::Failed,
            Ended::Cancelled => Self::Cancelled,
            Ended::Broke => Self::Ended,
        }
    }
}

/// What a run took and spent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metrics {
    /// The time that its legs took, pauses left out.
    pub duration: Duration,
    /// Steps that have a result.
    pub steps: usize,
    /// Attempts of steps, failed ones included.
    pub attempts: u64,
    /// Time spent in steps. Side by side, it is more than the duration.
    pub step_time: Duration,
}

impl Metrics {
    /// Adds what another run took.
    pub(crate) fn add(&mut self, other: &Self) {
        self.duration += other.duration;
        self.steps += other.steps;
        self.attempts += other.attempts;
        self.step_time += other.step_time;
    }
}

/// A completed run.
#[non_exhaustive]
pub struct RunOutput<O, I = Value> {
    /// The output.
    pub content: Arc<O>,
    /// The input.
    pub input: Arc<I>,
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
    /// What its nodes gave.
    pub steps: Steps,
    /// What it took.
    pub metrics: Metrics,
    /// What the caller said about it.
    pub metadata: Value,
    /// Media, those given with the run first.
    pub media: Vec<Media>,
    /// The session's state after it, as JSON.
    pub state: Option<Value>,
    /// When it began.
    pub created_at: Timestamp,
    /// Its events, if they are kept.
    pub events: Option<Vec<Arc<Event>>>,
}

impl<O, I> RunOutput<O, I> {
    fn of(&self, kind: MediaKind) -> impl Iterator<Item = &Media> {
        self.media.iter().filter(move |media| media.kind == kind)
    }

    /// Images: those given with the run, and those that steps attached.
    pub fn images(&self) -> impl Iterator<Item = &Media> {
        self.of(MediaKind::Image)
    }

    /// Videos.
    pub fn videos(&self) -> impl Iterator<Item = &Media> {
        self.of(MediaKind::Video)
    }

    /// Audio.
    pub fn audio(&self) -> impl Iterator<Item = &Media> {
        self.of(MediaKind::Audio)
    }

    /// Files.
    pub fn files(&self) -> impl Iterator<Item = &Media> {
        self.of(MediaKind::File)
    }
}

impl<O, I> Clone for RunOutput<O, I> {
    fn clone(&self) -> Self {
        Self {
            content: Arc::clone(&self.content),
            input: Arc::clone(&self.input),
            run_id: Arc::clone(&self.run_id),
            session_id: Arc::clone(&self.session_id),
            user_id: self.user_id.clone(),
            workflow: Arc::clone(&self.workflow),
            workflow_id: Arc::clone(&self.workflow_id),
            steps: self.steps.clone(),
            metrics: self.metrics.clone(),
            metadata: self.metadata.clone(),
            media: self.media.clone(),
            state: self.state.clone(),
            created_at: self.created_at,
            events: self.events.clone(),
        }
    }
}

impl<O: fmt::Debug, I> fmt::Debug for RunOutput<O, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunOutput")
            .field("content", &self.content)
            .field("run_id", &self.run_id)
            .field("session_id", &self.session_id)
            .field("workflow", &self.workflow)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

/// What a run came to, where a pause is no error.
#[derive(Clone, Debug)]
pub enum Outcome<O, I = Value> {
    /// It has an output.
    Completed(RunOutput<O, I>),
    /// It waits for answers.
    Paused(PausedRun),
}

impl<O, I> Outcome<O, I> {
    /// The run's id.
    #[must_use]
    pub fn run_id(&self) -> &str {
        match self {
            Self::Completed(run) => &run.run_id,
            Self::Paused(run) => run.run_id(),
        }
    }
}

/// A run that waits for answers. Its `Display` prints the questions and how to answer them.
#[derive(Clone, Debug)]
pub struct PausedRun {
    partial: PartialRun,
    questions: Vec<QuestionInfo>,
}

impl PausedRun {
    pub(crate) fn new(partial: PartialRun, questions: Vec<QuestionInfo>) -> Self {
        Self { partial, questions }
    }

    /// The run's id.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.partial.run_id
    }

    /// The open questions.
    #[must_use]
    pub fn questions(&self) -> &[QuestionInfo] {
        &self.questions
    }

    /// What the run has done so far.
    #[must_use]
    pub fn partial(&self) -> &PartialRun {
        &self.partial
    }
}

impl fmt::Display for PausedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "run `{}` waits for {} answer{}:",
            self.run_id(),
            self.questions.len(),
            if self.questions.len() == 1 { "" } else { "s" }
        )?;
        for QuestionInfo { path, text, type_name, deadline, schema, .. } in &self.questions {
            write!(f, "\n  `{path}` ({type_name}): {text}")?;
            if let Some(deadline) = deadline {
                write!(f, " (until {deadline})")?;
            }
            write!(f, "\n    answer with {}", how_to_answer(self.run_id(), path, schema))?;
        }
        Ok(())
    }
}

/// What a run has done that has no output (yet).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PartialRun {
    /// The run.
    pub run_id: Arc<str>,
    /// Its session.
    pub session_id: Arc<str>,
    /// Where it stands.
    pub status: Status,
    /// What its nodes gave.
    pub steps: Steps,
    /// What it took so far.
    pub metrics: Metrics,
    /// The session's state, as JSON.
    pub state: Option<Value>,
}

//! What the nodes of a run gave.

use std::{collections::BTreeMap, fmt, ops::Deref, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct as _};
use serde_json::Value;

use crate::{
    error::StepError,
    journal::{Ended, Entry},
    plan::{NodeKind, OnError},
};

/// The results of a run's nodes, in the order in which they ended. Of a run that came through in one go branches are in declared order. Cloning copies
/// nothing.
#[derive(Clone, Default)]
pub struct Steps(pub(crate) Arc<Vec<StepResult>>);

impl Deref for Steps {
    type Target = [StepResult];

    fn deref(&self) -> &[StepResult] {
        &self.0
    }
}

impl<'a> IntoIterator for &'a Steps {
    type Item = &'a StepResult;
    type IntoIter = std::slice::Iter<'a, StepResult>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Steps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl Steps {
    /// The result at a path.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&StepResult> {
        self.iter().rev().find(|step| step.path() == path)
    }

    /// What each path took. An index is part of a path, so loops do not overwrite.
    #[must_use]
    pub fn metrics(&self) -> BTreeMap<String, StepMetrics> {
        self.iter().map(|step| (step.path(), step.metrics())).collect()
    }
}

/// What one node gave, or how it ended. Its content is written as JSON when asked for.
#[derive(Clone)]
pub struct StepResult(pub(crate) Entry);

/// How a node ended. Only a completed one has data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StepOutcome {
    /// It has a value.
    Completed,
    /// It failed, and the value before it passed through.
    Skipped(String),
    /// It failed.
    Failed(StepError),
    /// It waits for an answer.
    Paused,
    /// It was cancelled.
    Cancelled,
}

/// What a node took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StepMetrics {
    /// What ran.
    pub executor: String,
    /// Attempts made.
    pub attempts: u32,
    /// All attempts together.
    pub duration: Duration,
}

impl StepResult {
    /// Where, such as `refine[0]/improve`.
    #[must_use]
    pub fn path(&self) -> String {
        self.0.path()
    }

    /// The node's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.node.name
    }

    /// What people see: the label, or the name with spaces.
    #[must_use]
    pub fn label(&self) -> String {
        self.0.node.shown_label().map_or_else(|| self.0.node.name.replace('_', " "), str::to_owned)
    }

    /// What the node is.
    #[must_use]
    pub fn kind(&self) -> NodeKind {
        self.0.node.kind
    }

    /// Whether it is a container: its steps are listed beside it.
    #[must_use]
    pub fn is_container(&self) -> bool {
        self.0.is_container()
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> StepOutcome {
        let failed = || self.0.error().cloned().map_or(StepOutcome::Cancelled, StepOutcome::Failed);
        match self.0.ended {
            Ended::Completed | Ended::Broke => StepOutcome::Completed,
            // What is skipped is the node: an iteration of it failed.
            Ended::Tolerated if self.0.node.options.on_error == OnError::Skip && self.0.mark.index().is_none() => {
                StepOutcome::Skipped(self.0.error().map(|error| error.message.clone()).unwrap_or_default())
            }
            Ended::Tolerated | Ended::Standing | Ended::Failed => failed(),
            Ended::Cancelled => StepOutcome::Cancelled,
        }
    }

    /// The failure, if it failed.
    #[must_use]
    pub fn error(&self) -> Option<&StepError> {
        self.0.error()
    }

    /// Whether it ended the workflow with `Break`.
    #[must_use]
    pub fn ended_workflow(&self) -> bool {
        self.0.ended == Ended::Broke
    }

    /// The patterns of a router's arms that ran.
    #[must_use]
    pub fn route(&self) -> &[&'static str] {
        self.0.detail.as_ref().map(|detail| &*detail.route).unwrap_or_default()
    }

    /// What ran: the name of the step, the executor's type or the workflow; for other nodes their own name.
    #[must_use]
    pub fn executor(&self) -> &'static str {
        self.0.node.about.map_or(self.0.node.name, |about| about().name())
    }

    /// Attempts made; 0 for containers.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long it took, all attempts together.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_nanos(self.0.duration)
    }

    /// When it began, from the beginning of the run, pauses left out.
    #[must_use]
    pub fn started(&self) -> Duration {
        Duration::from_nanos(self.0.started)
    }

    /// The value as JSON, if it has one.
    ///
    /// # Errors
    /// The value's `Serialize` fails.
    pub fn content(&self) -> crate::error::Result<Option<Value>> {
        Ok(self.0.content.json()?)
    }

    /// The name of the value's type, if it has a value that is here.
    #[must_use]
    pub fn type_name(&self) -> Option<&'static str> {
        self.0.content.codec().map(|codec| (codec.type_name)())
    }

    /// What it took.
    #[must_use]
    pub fn metrics(&self) -> StepMetrics {
        StepMetrics { executor: self.executor().to_owned(), attempts: self.attempts(), duration: self.duration() }
    }
}

impl fmt::Debug for StepResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StepResult")
            .field("path", &self.path())
            .field("outcome", &self.outcome())
            .field("attempts", &self.attempts())
            .field("duration", &self.duration())
            .finish_non_exhaustive()
    }
}

impl Serialize for StepResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (outcome, error) = match self.outcome() {
            StepOutcome::Completed => ("completed", None),
            StepOutcome::Skipped(reason) => ("skipped", Some(reason)),
            StepOutcome::Failed(error) => ("failed", Some(error.message)),
            StepOutcome::Paused => ("paused", None),
            StepOutcome::Cancelled => ("cancelled", None),
        };
        let mut result = serializer.serialize_struct("StepResult", 7)?;
        result.serialize_field("path", &self.path())?;
        result.serialize_field("executor", self.executor())?;
        result.serialize_field("outcome", outcome)?;
        result.serialize_field("error", &error)?;
        result.serialize_field("attempts", &self.attempts())?;
        result.serialize_field("duration", &self.duration().as_secs_f64())?;
        result.serialize_field("content", &self.content().map_err(serde::ser::Error::custom)?)?;
        result.end()
    }
}

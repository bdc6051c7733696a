//! What happens in a run, as it happens.
//!
//! The grammar: every `…Started` has exactly one end; containers close in LIFO order per branch; `sequence` strictly increases; a run has
//! exactly one terminal event, and nothing after it. A pause is not terminal: [`EventKind::WorkflowPaused`] ends the stream of this leg, containers
//! stay open, and the next leg begins with [`EventKind::WorkflowContinued`]. `testing::grammar` checks all of it.

mod hub;
mod kind;

pub(crate) use hub::Hub;
pub use kind::{EventKind, EventName};

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One thing that happened in a run.
///
/// Serialised, it is flat: `{"sequence": 4, "event": "StepStarted", "path": "research/web_search", …}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// The place in the run's order; strictly increasing, over all legs of the run.
    pub sequence: u64,
    /// The run.
    pub run_id: Arc<str>,
    /// The session of the run.
    pub session_id: Arc<str>,
    /// The name of the workflow that runs: at top level, also for events of nested ones.
    pub workflow: Arc<str>,
    /// Where: the path of the node, empty for the workflow itself.
    pub path: String,
    /// The path of the container round it, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

impl Event {
    /// The kind's name.
    #[must_use]
    pub fn name(&self) -> EventName {
        self.kind.name()
    }

    /// The last name of the path: the node, without an index.
    #[must_use]
    pub fn node(&self) -> &str {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        last.find(['[', '#', '~']).map_or(last, |end| &last[..end])
    }

    /// Whether the run has ended with this event. A nested workflow's end is not the run's.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        match self.kind {
            EventKind::WorkflowCompleted { depth, .. }
            | EventKind::WorkflowError { depth, .. }
            | EventKind::WorkflowCancelled { depth, .. } => depth == 0,
            _ => false,
        }
    }

    /// Whether the stream of this leg ends here: the run has ended, or waits for answers.
    #[must_use]
    pub fn ends_leg(&self) -> bool {
        self.is_terminal() || matches!(self.kind, EventKind::WorkflowPaused { .. })
    }

    /// The text to show for the event, if it has some: content as it arrives, progress, questions, errors.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.kind.text()
    }
}

//! One entry of the journal.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    content::{ErasedCodec, Kept},
    error::StepError,
    media::Media,
    plan::{Node, NodeKind},
    run::path::{Mark, Path},
};

/// What one node gave, or how it ended.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) parent: Path,
    pub(crate) node: &'static Node,
    pub(crate) mark: Mark,
    pub(crate) content: Content,
    /// Nanoseconds from the beginning of the run.
    pub(crate) started: u64,
    /// Nanoseconds.
    pub(crate) duration: u64,
    pub(crate) attempts: u32,
    pub(crate) ended: Ended,
    pub(crate) detail: Option<Box<Detail>>,
}

/// The value of a node, as the journal has it.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// None: a container, or a node without result.
    Nothing,
    /// The value itself.
    Kept(Kept),
    /// A value that was read or answered as JSON, and whose type the node knows.
    Json(Arc<Value>),
}

/// How a node ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ended {
    Completed,
    /// It ended the workflow: the content is the `Break`'s.
    Broke,
    /// It failed, and what comes after it does not depend on that: `skip`, `none`, `fallback`, `collect`.
    Tolerated,
    /// It failed, and legs to come find it so, until it is to run again: a person is asked about it, or a nested workflow began anew.
    Standing,
    /// It failed. A leg that comes here again runs it again.
    Failed,
    Cancelled,
}

/// What only some entries have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Detail {
    pub(crate) error: Option<StepError>,
    /// Attempts that failed, those of earlier legs included.
    pub(crate) failed_attempts: u32,
    /// The patterns of a router's arms that ran.
    pub(crate) route: Vec<&'static str>,
    /// What the step attached.
    pub(crate) media: Vec<Media>,
}

impl Entry {
    pub(crate) fn path(&self) -> String {
        self.parent.leaf(self.node.name, self.mark)
    }

    pub(crate) fn is_container(&self) -> bool {
        matches!(
            self.node.kind,
            NodeKind::Steps
                | NodeKind::Parallel { .. }
                | NodeKind::Each { .. }
                | NodeKind::Condition { .. }
                | NodeKind::Loop { .. }
                | NodeKind::Router { .. }
        )
    }

    /// Whether a leg that comes here again must not run the node.
    pub(crate) fn is_record(&self) -> bool {
        matches!(self.ended, Ended::Completed | Ended::Broke | Ended::Tolerated | Ended::Standing)
    }

    pub(crate) fn error(&self) -> Option<&StepError> {
        self.detail.as_ref().and_then(|detail| detail.error.as_ref())
    }
}

impl Content {
    pub(crate) fn json(&self) -> Result<Option<Value>, serde_json::Error> {
        match self {
            Self::Nothing => Ok(None),
            Self::Kept(kept) => kept.json().map(Some),
            Self::Json(json) => Ok(Some((**json).clone())),
        }
    }

    pub(crate) fn codec(&self) -> Option<&'static ErasedCodec> {
        match self {
            Self::Kept(kept) => Some(kept.codec()),
            Self::Nothing | Self::Json(_) => None,
        }
    }
}

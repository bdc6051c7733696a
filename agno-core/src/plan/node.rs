//! One node of a plan.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{About, Migration, NodeOptions, TypeInfo};

/// One node of a workflow. It is both part of the plan and what the runtime needs to run the node.
#[derive(Debug)]
pub struct Node {
    /// The key in paths: `write`, `second_write`, `if`.
    pub name: &'static str,
    /// What it is.
    pub kind: NodeKind,
    /// What people see, if `label = "…"` says so.
    pub label: Option<&'static str>,
    /// The doc comment.
    pub description: Option<&'static str>,
    /// Its options.
    pub options: NodeOptions,
    /// The name under which older runs recorded it (`#[was("…")]`).
    pub was: Option<&'static str>,
    /// How values that older runs recorded are converted (`migrate = …`).
    pub migration: Option<Migration>,
    /// Whether it stands directly in the workflow's block.
    pub direct: bool,
    /// What runs there.
    pub about: Option<fn() -> About>,
    /// The type of an answer.
    pub value: Option<fn() -> TypeInfo>,
    /// The arguments as written; `None`: what comes before is piped.
    pub args: Option<&'static [&'static str]>,
    /// The predicate or the selector.
    pub decision: Option<&'static Node>,
    /// The body of a container, or its branches.
    pub children: &'static [&'static Node],
    /// The other side of a condition.
    pub otherwise: &'static [&'static Node],
    /// The arms of a router.
    pub arms: &'static [Arm],
    /// What runs if the node fails (`on_error = fallback(…)`).
    pub fallback: Option<&'static Node>,
}

impl Node {
    /// A node with nothing but a name and a kind, for generated code to fill in.
    #[must_use]
    pub const fn new(name: &'static str, kind: NodeKind) -> Self {
        Self {
            name,
            kind,
            label: None,
            description: None,
            options: NodeOptions::DEFAULT,
            was: None,
            migration: None,
            direct: false,
            about: None,
            value: None,
            args: None,
            decision: None,
            children: &[],
            otherwise: &[],
            arms: &[],
            fallback: None,
        }
    }
}

impl Node {
    /// What people see, if somebody has said so: at the node, or at the step that runs there.
    pub(crate) fn shown_label(&self) -> Option<&'static str> {
        self.label.or_else(|| match self.about?() {
            About::Step(step) => step.label,
            About::Workflow(_) => None,
        })
    }
}

/// An arm of a router.
#[derive(Debug)]
pub struct Arm {
    /// The pattern, as written.
    pub pattern: &'static str,
    /// What it runs.
    pub nodes: &'static [&'static Node],
}

/// The kinds of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A step, a nested workflow or an executor.
    Call,
    /// A predicate or a selector.
    Decision,
    /// An adapter.
    Map,
    /// A named group.
    Steps,
    /// Branches, side by side.
    Parallel {
        /// How many run at once; `None`: all.
        limit: Option<usize>,
    },
    /// A body for each item of a list.
    Each {
        /// How many run at once.
        limit: usize,
    },
    /// A body that may be left out.
    Condition {
        /// The other side.
        otherwise: Otherwise,
    },
    /// A body that is repeated.
    Loop {
        /// The most iterations.
        max: u32,
        /// Whether each iteration gets the value from before the loop.
        restart: bool,
        /// What reaching the bound means.
        on_max: OnMax,
        /// Whether there is an `until`.
        until: bool,
    },
    /// One of several arms.
    Router {
        /// Whether the selector chooses several.
        many: bool,
    },
    /// A question to a person.
    Ask {
        /// The text, where it is a literal.
        question: Option<&'static str>,
        /// How long it stays open.
        timeout: Option<Duration>,
        /// Whether there is an answer when time runs out.
        default: bool,
    },
    /// A pause in time.
    Sleep {
        /// How long.
        duration: Duration,
    },
}

impl NodeKind {
    /// The word for it in stored records.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Decision => "decision",
            Self::Map => "map",
            Self::Steps => "steps",
            Self::Parallel { .. } => "parallel",
            Self::Each { .. } => "each",
            Self::Condition { .. } => "condition",
            Self::Loop { .. } => "loop",
            Self::Router { .. } => "router",
            Self::Ask { .. } => "ask",
            Self::Sleep { .. } => "sleep",
        }
    }

    /// The kind of a word, with nothing more known about it.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        Some(match tag {
            "call" => Self::Call,
            "decision" => Self::Decision,
            "map" => Self::Map,
            "steps" => Self::Steps,
            "parallel" => Self::Parallel { limit: None },
            "each" => Self::Each { limit: 1 },
            "condition" => Self::Condition { otherwise: Otherwise::PassesThrough },
            "loop" => Self::Loop { max: 0, restart: false, on_max: OnMax::Accept, until: false },
            "router" => Self::Router { many: false },
            "ask" => Self::Ask { question: None, timeout: None, default: false },
            "sleep" => Self::Sleep { duration: Duration::ZERO },
            _ => return None,
        })
    }
}

/// The other side of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// The value passes through.
    PassesThrough,
    /// A block.
    Nodes,
    /// The value is an `Option`, here `None`.
    None,
}

/// What reaching the bound of a loop means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnMax {
    /// The last value is the loop's.
    #[default]
    Accept,
    /// The loop fails.
    Fail,
}

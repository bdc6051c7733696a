//! The catalogue of events.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{run::QuestionInfo, workflow::OutcomeKind};

/// Writes the enum with data and the enum of names side by side, so that they cannot differ.
macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        /// What happened. The serialised form carries Agno's name in `event`, beside the fields.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "event")]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* $name { $($(#[$field_doc])* $field: $type,)* },)*
        }

        /// The names of the events.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum EventName {
            $($(#[$doc])* $name,)*
        }

        impl EventKind {
            /// The name of the kind.
            #[must_use]
            pub const fn name(&self) -> EventName {
                match self { $(Self::$name { .. } => EventName::$name,)* }
            }
        }

        impl EventName {
            /// Every name.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name as text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

catalogue! {
    /// A run, or a nested workflow, begins. Its input has been checked; nothing has run.
    WorkflowStarted {
        /// 0 for the run itself, 1 and more for nested workflows.
        depth: u32,
        /// The name of the workflow.
        name: String,
    }
    /// A leg after a pause or a crash begins.
    WorkflowContinued {}
    /// The run waits for answers. The stream of this leg ends.
    WorkflowPaused {
        /// The open questions.
        questions: Vec<QuestionInfo>,
    }
    /// The workflow has an output, and it is stored.
    WorkflowCompleted {
        /// 0 for the run itself.
        depth: u32,
        /// The output.
        content: Value,
    }
    /// The workflow failed.
    WorkflowError {
        /// 0 for the run itself.
        depth: u32,
        /// The failure, with its path.
        error: String,
    }
    /// The workflow was cancelled.
    WorkflowCancelled {
        /// 0 for the run itself.
        depth: u32,
    }
    /// A step begins its first attempt.
    StepStarted {
        /// What runs: the step's or executor's name.
        executor: String,
        /// The label, if it differs from the name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<String>,
    }
    /// A step has a result, and it is recorded.
    StepCompleted {
        /// Attempts made.
        attempts: u32,
        /// How long it took, all attempts together, in seconds.
        duration: f64,
        /// The result.
        content: Value,
    }
    /// A step failed for good.
    StepError {
        /// Attempts made.
        attempts: u32,
        /// The last attempt's error.
        error: String,
    }
    /// A step failed, and the value before it passes through.
    StepSkipped {
        /// Why.
        reason: String,
    }
    /// A step was cancelled: by the run, by a sibling's failure, or by a container's timeout.
    StepCancelled {}
    /// An attempt failed, or was cut by a crash, and another one follows.
    StepRetrying {
        /// The number of the attempt that follows, counted from 1.
        attempt: u32,
        /// Why the last one was not enough.
        error: String,
        /// The wait before it, in seconds.
        delay: f64,
    }
    /// The result of a step that stands directly in the workflow's block, before its `StepCompleted`.
    StepOutput {
        /// The result.
        content: Value,
    }
    /// A step tells how far it is (`ctx.progress`).
    StepProgress {
        /// The message.
        message: String,
        /// More about it.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        data: Value,
    }
    /// A question is open: an `ask`, or the decision about a failed node.
    StepPaused {
        /// The question.
        question: QuestionInfo,
    }
    /// A question has been answered.
    StepContinued {
        /// The answer.
        content: Value,
    }
    /// A group begins.
    StepsExecutionStarted {}
    /// A group ends.
    StepsExecutionCompleted {
        /// How.
        outcome: OutcomeKind,
    }
    /// Branches begin.
    ParallelExecutionStarted {
        /// How many.
        branches: usize,
    }
    /// All branches have ended.
    ParallelExecutionCompleted {
        /// How.
        outcome: OutcomeKind,
    }
    /// A list's items begin.
    EachExecutionStarted {
        /// How many.
        items: usize,
    }
    /// All items have ended.
    EachExecutionCompleted {
        /// How.
        outcome: OutcomeKind,
    }
    /// One item begins.
    EachItemStarted {
        /// Which, counted from 0.
        index: usize,
    }
    /// One item ends.
    EachItemCompleted {
        /// Which, counted from 0.
        index: usize,
        /// How.
        outcome: OutcomeKind,
    }
    /// A condition begins, before its predicate.
    ConditionExecutionStarted {}
    /// A condition ends.
    ConditionExecutionCompleted {
        /// How.
        outcome: OutcomeKind,
        /// What the predicate said, if it came to that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        condition: Option<bool>,
    }
    /// A loop begins.
    LoopExecutionStarted {
        /// The bound.
        max_iterations: u32,
    }
    /// A loop ends.
    LoopExecutionCompleted {
        /// How.
        outcome: OutcomeKind,
        /// Iterations that ended.
        iterations: u32,
    }
    /// An iteration begins.
    LoopIterationStarted {
        /// Which, counted from 0.
        iteration: u32,
    }
    /// An iteration ends.
    LoopIterationCompleted {
        /// Which, counted from 0.
        iteration: u32,
        /// How.
        outcome: OutcomeKind,
        /// Whether `until` ended the loop; with `false` on the last one, the bound did.
        until: bool,
    }
    /// A router begins, before its selector.
    RouterExecutionStarted {}
    /// A router ends.
    RouterExecutionCompleted {
        /// How.
        outcome: OutcomeKind,
        /// The patterns of the arms that ran, in order.
        selected: Vec<String>,
    }
    /// Content as it arrives (`ctx.emit`).
    RunContent {
        /// The chunk.
        content: Value,
    }
    /// An event of the step's own (`ctx.emit_event`).
    CustomEvent {
        /// Its name.
        name: String,
        /// Its value.
        value: Value,
    }
}

impl EventKind {
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::RunContent { content } | Self::StepOutput { content } | Self::WorkflowCompleted { content, .. } => plain(content),
            Self::StepProgress { message, .. } => Some(message.clone()),
            Self::StepError { error, .. } | Self::StepRetrying { error, .. } | Self::WorkflowError { error, .. } => Some(error.clone()),
            Self::StepSkipped { reason } => Some(reason.clone()),
            Self::StepPaused { question } => Some(question.text.clone()),
            _ => None,
        }
    }
}

/// Text as it is, everything else as JSON.
fn plain(content: &Value) -> Option<String> {
    match content {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl std::fmt::Display for EventName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

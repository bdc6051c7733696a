//! The format: what a plan looks like as JSON. Its schema is derived from these types.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{
    plan::{
        Bound, Durability, Effect, History, OnError, OnMax, Otherwise, Work,
        overlay::{NodeState, Tally},
    },
    workflow::Status,
};

/// A plan of a workflow.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Plan")]
pub(super) struct PlanJson {
    /// The version of this format.
    pub(super) version: u32,
    pub(super) workflow: WorkflowJson,
    pub(super) bounds: BoundsJson,
    /// Where the run stands that is laid over the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
}

/// What a run can take at most.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Bounds")]
pub(super) struct BoundsJson {
    /// Nodes that have a result.
    pub(super) steps: Bound<u64>,
    pub(super) attempts: Bound<u64>,
    /// Steps that run at the same time.
    pub(super) concurrency: Bound<u64>,
    /// How long the run can wait, in seconds.
    pub(super) time: Bound<f64>,
}

/// A workflow: the whole one, or one that is nested.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Workflow")]
pub(super) struct WorkflowJson {
    /// What people see.
    pub(super) name: &'static str,
    /// The key in stores and addresses.
    pub(super) id: &'static str,
    /// The name of the Rust type.
    pub(super) type_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'static str>,
    /// What the body calls its input.
    pub(super) input_name: &'static str,
    pub(super) input: TypeJson,
    pub(super) output: TypeJson,
    /// The session state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<TypeJson>,
    /// The additional data of a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) extra: Option<TypeJson>,
    /// The executors that the caller provides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) uses: Vec<UseJson>,
    pub(super) options: WorkflowOptionsJson,
    pub(super) nodes: Vec<NodeJson>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Use")]
pub(super) struct UseJson {
    pub(super) name: &'static str,
    pub(super) type_name: &'static str,
}

/// A type and its JSON Schema.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Type")]
pub(super) struct TypeJson {
    /// Without its modules.
    pub(super) name: String,
    pub(super) schema: Value,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "WorkflowOptions")]
pub(super) struct WorkflowOptionsJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history: Option<History>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) store_events: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) skip_events: Vec<&'static str>,
    pub(super) durability: Durability,
    pub(super) retry_on_conflict: u32,
}

/// A node of a workflow, its options in force: its own, and where it says nothing those of its step. Times are seconds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Node")]
pub(super) struct NodeJson {
    /// The path in a run, without indices. The sides of a condition and the arms of a router may repeat it.
    pub(super) path: String,
    pub(super) name: &'static str,
    /// What people see.
    pub(super) label: String,
    #[serde(flatten)]
    pub(super) kind: KindJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<&'static str>,
    /// The name under which older runs recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) was: Option<&'static str>,
    /// The arguments as written. Without them, what comes before is piped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) args: Option<&'static [&'static str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) timeout: Option<f64>,
    /// What a failure means. Left out where it fails the run.
    #[serde(skip_serializing_if = "is_fail")]
    pub(super) on_error: OnError,
    /// What runs if the node fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fallback: Option<Box<NodeJson>>,
    /// What became of it, if a run is laid over the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<RunJson>,
}

/// What a node is.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Kind")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum KindJson {
    /// A function, or an executor.
    Step { step: StepJson },
    /// A nested workflow.
    Workflow { retry: u32, workflow: Box<WorkflowJson> },
    /// A workflow that this node is in already.
    Recursion {
        retry: u32,
        type_name: &'static str,
        /// The path of the node where it begins; empty for the whole workflow.
        of: String,
    },
    /// A predicate or a selector. Without a step it is a closure.
    Decision {
        #[serde(skip_serializing_if = "Option::is_none")]
        step: Option<StepJson>,
    },
    /// An adapter.
    Map,
    /// A named group.
    Steps { nodes: Vec<NodeJson> },
    /// Branches, side by side.
    Parallel {
        /// How many run at once; without it, all.
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
        nodes: Vec<NodeJson>,
    },
    /// A body for each item of a list.
    Each { limit: usize, nodes: Vec<NodeJson> },
    /// A body that may be left out.
    Condition {
        decision: Box<NodeJson>,
        nodes: Vec<NodeJson>,
        otherwise: Otherwise,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        else_nodes: Vec<NodeJson>,
    },
    /// A body that is repeated.
    Loop {
        max: u32,
        /// Whether each iteration gets the value from before the loop.
        restart: bool,
        on_max: OnMax,
        nodes: Vec<NodeJson>,
        /// What ends it, after the body.
        #[serde(skip_serializing_if = "Option::is_none")]
        decision: Option<Box<NodeJson>>,
    },
    /// One of several arms, or several of them in a chosen order.
    Router { many: bool, decision: Box<NodeJson>, arms: Vec<ArmJson> },
    /// A question to a person.
    Ask {
        /// The text, where it is a literal.
        #[serde(skip_serializing_if = "Option::is_none")]
        question: Option<&'static str>,
        answer: Option<TypeJson>,
        /// Whether there is an answer when time runs out.
        default: bool,
    },
    /// A pause in time.
    Sleep {
        /// How long, in seconds.
        duration: f64,
    },
}

/// A step. The options are those in force at the node.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Step")]
pub(super) struct StepJson {
    pub(super) name: &'static str,
    pub(super) work: Work,
    /// Attempts after the first.
    pub(super) retry: u32,
    /// The first delay between attempts, in seconds; it doubles.
    pub(super) backoff: f64,
    /// The longest delay between attempts, in seconds.
    pub(super) max_backoff: f64,
    pub(super) effect: Effect,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) history: Option<History>,
    /// The names of its parameters.
    pub(super) params: &'static [&'static str],
    /// The JSON Schema of its parameters.
    pub(super) input: Value,
    /// The JSON Schema of its output.
    pub(super) output: Value,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Arm")]
pub(super) struct ArmJson {
    /// The Rust pattern, as written.
    pub(super) pattern: &'static str,
    pub(super) nodes: Vec<NodeJson>,
}

/// What became of a node in a run, all its iterations and items together.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Run")]
pub(super) struct RunJson {
    pub(super) state: NodeState,
    pub(super) times: Tally,
    /// Of a loop its iterations, of an `each` its items.
    pub(super) turns: Tally,
    pub(super) attempts: u64,
    /// In seconds.
    pub(super) duration: f64,
    /// Children that the step ran itself.
    pub(super) calls: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// Of a condition `true` or `false`, of a router the patterns that were taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ways: Vec<String>,
}

fn is_fail(on_error: &OnError) -> bool {
    *on_error == OnError::Fail
}

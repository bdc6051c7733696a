//! Options of steps, nodes and workflows.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::event::EventName;

/// How a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// It is polled.
    Async,
    /// It runs to its end at once; in a branch as a task of its own, so that branches use all cores.
    Sync,
    /// It runs on the pool for blocking work.
    Blocking,
}

/// What running a step twice would mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It changes nothing outside.
    Pure,
    /// Doing it twice is like doing it once.
    #[default]
    Idempotent,
    /// It must not be done twice: an attempt that a crash cut is shown to a person.
    Once,
}

/// How much of the session's history a prompt gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Nothing.
    Off,
    /// Every completed run.
    All,
    /// The last so many completed runs.
    Last(u32),
}

/// The options of `#[step(…)]`.
#[derive(Clone, Copy, Debug)]
pub struct StepOptions {
    /// Attempts after the first. Default 0.
    pub retry: u32,
    /// The first delay between attempts; it doubles. Default 100 ms.
    pub backoff: Duration,
    /// The longest delay between attempts. Default 30 s.
    pub max_backoff: Duration,
    /// The time of one attempt.
    pub timeout: Option<Duration>,
    /// History for a step that prompts a model.
    pub history: Option<History>,
    /// What running it twice would mean.
    pub effect: Effect,
}

impl StepOptions {
    /// What holds where nothing is said.
    pub const DEFAULT: Self = Self {
        retry: 0,
        backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(30),
        timeout: None,
        history: None,
        effect: Effect::Idempotent,
    };
}

/// The options of a node, which override those of its step.
#[derive(Clone, Copy, Debug)]
pub struct NodeOptions {
    /// Attempts after the first.
    pub retry: Option<u32>,
    /// The first delay between attempts.
    pub backoff: Option<Duration>,
    /// The longest delay between attempts.
    pub max_backoff: Option<Duration>,
    /// The time of one attempt; of a container, of all of it.
    pub timeout: Option<Duration>,
    /// History for a step that prompts a model.
    pub history: Option<History>,
    /// What a failure means.
    pub on_error: OnError,
}

impl NodeOptions {
    /// What holds where nothing is said.
    pub const DEFAULT: Self = Self { retry: None, backoff: None, max_backoff: None, timeout: None, history: None, on_error: OnError::Fail };
}

/// What the failure of a node means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// It fails the run.
    #[default]
    Fail,
    /// The value before the node passes through.
    Skip,
    /// The node's value is an `Option`, here `None`.
    None,
    /// Another step gives the value.
    Fallback,
    /// A person decides.
    Pause,
    /// All branches finish; each value is a `Result`.
    Collect,
}

/// When the results of a run are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Each before the next node starts.
    #[default]
    Step,
    /// When the run ends or pauses.
    Run,
    /// Never: the run lives in the process.
    None,
}

/// The options of `workflow! { Name(…) -> … with (…) }`.
#[derive(Clone, Copy, Debug)]
pub struct WorkflowOptions {
    /// History for its steps.
    pub history: Option<History>,
    /// Whether events are kept. Default: only in the background.
    pub store_events: Option<bool>,
    /// Kinds of events that are not kept.
    pub skip_events: &'static [EventName],
    /// When results are stored.
    pub durability: Durability,
    /// How often an attempt is run again when another run has changed the session's state meanwhile. Default 3.
    pub retry_on_conflict: u32,
}

impl WorkflowOptions {
    /// What holds where nothing is said.
    pub const DEFAULT: Self =
        Self { history: None, store_events: None, skip_events: &[], durability: Durability::Step, retry_on_conflict: 3 };
}

//! What a workflow is, as far as its recorded runs depend on it, and what becomes of them when it changes.
//!
//! A [`Definition`] is made from a plan and stored with the runs that it records. When a run is taken on under another one, [`compare`] finds how the two
//! differ, [`judge`] which of the differences concern what the run has recorded, and [`adopt`] rewrites the run's records as the new one would have
//! written them. The lock file (`testing::assert_definition!`) is the same JSON.

mod adopt;
mod canonical;
mod check;
mod compare;
mod difference;
mod judge;
mod places;
mod schema_text;
mod write;

pub(crate) use adopt::Adoption;
pub(crate) use canonical::lock_file;
pub(crate) use check::check;
pub use check::{DefinitionCheck, DefinitionVerdict};
pub(crate) use compare::compare;
pub(crate) use difference::Difference;
pub(crate) use judge::Refusal;
use judge::Stored;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use schemars::Schema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::{Migration, Otherwise, Plan};

/// The version of the format. It grows when something that was there means something else.
const VERSION: u32 = 1;

/// A workflow, without anything that recorded runs do not depend on: documentation, labels, most options, names of Rust modules.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Definition {
    version: u32,
    workflow: Flow,
}

/// A workflow: the whole one, or one that is nested.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Flow {
    input: Value,
    output: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<Value>,
    nodes: Vec<Part>,
}

/// A node.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    name: String,
    /// Of everything else in it.
    fingerprint: String,
    #[serde(flatten)]
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fallback: Option<Box<Part>>,
    /// What only the code knows that runs now.
    #[serde(skip)]
    code: Code,
}

/// What the code says about a node, and no definition keeps.
#[derive(Clone, Copy, Debug, Default)]
struct Code {
    was: Option<&'static str>,
    migration: Option<Migration>,
    /// The type of its value, with its documentation.
    schema: Option<fn() -> Schema>,
    type_name: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind {
    Step {
        runs: String,
        output: Value,
    },
    Workflow {
        runs: String,
        workflow: Flow,
    },
    /// A workflow that the node is in already.
    Recursion {
        /// How many workflows further out than the innermost one round the node.
        up: usize,
    },
    /// A predicate or a selector. A closure's type is not known.
    Decision {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        runs: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
    },
    /// An adapter. The type of its closure is known if there is a migration to it.
    Map {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Value>,
    },
    Steps {
        nodes: Vec<Part>,
    },
    Parallel {
        nodes: Vec<Part>,
    },
    Each {
        nodes: Vec<Part>,
    },
    Condition {
        decision: Box<Part>,
        nodes: Vec<Part>,
        otherwise: Otherwise,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        else_nodes: Vec<Part>,
    },
    Loop {
        max: u32,
        restart: bool,
        nodes: Vec<Part>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Box<Part>>,
    },
    Router {
        many: bool,
        decision: Box<Part>,
        arms: Vec<ArmPart>,
    },
    Ask {
        answer: Value,
    },
    Sleep,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ArmPart {
    pattern: String,
    nodes: Vec<Part>,
}

impl Kind {
    /// What people call it.
    fn word(&self) -> &'static str {
        match self {
            Self::Step { .. } => "a step",
            Self::Workflow { .. } | Self::Recursion { .. } => "a nested workflow",
            Self::Decision { .. } => "a decision",
            Self::Map { .. } => "a `map`",
            Self::Steps { .. } => "`steps`",
            Self::Parallel { .. } => "a `parallel`",
            Self::Each { .. } => "an `each`",
            Self::Condition { .. } => "a `condition`",
            Self::Loop { .. } => "a `loop`",
            Self::Router { .. } => "a `router`",
            Self::Ask { .. } => "an `ask`",
            Self::Sleep => "a `sleep`",
        }
    }

    /// The type of what is recorded of it, if it has one.
    fn value(&self) -> Option<&Value> {
        match self {
            Self::Step { output, .. } => Some(output),
            Self::Decision { output, .. } | Self::Map { output } => output.as_ref(),
            Self::Ask { answer } => Some(answer),
            _ => None,
        }
    }

    /// What runs there, as records name it.
    fn runs(&self) -> Option<&str> {
        match self {
            Self::Step { runs, .. } | Self::Workflow { runs, .. } => Some(runs),
            Self::Decision { runs, .. } => runs.as_deref(),
            _ => None,
        }
    }
}

/// The definition of a workflow that this program has.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) definition: Definition,
    /// The same as JSON, as it is stored.
    pub(crate) json: Arc<Value>,
    /// The key under which it is stored.
    pub(crate) fingerprint: String,
}

impl Current {
    /// Made when it is first asked for, and kept: plans are as static as the code.
    pub(crate) fn of(plan: &'static Plan) -> &'static Self {
        static KNOWN: OnceLock<Mutex<HashMap<usize, &'static Current>>> = OnceLock::new();
        let known = || KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        let address = std::ptr::from_ref(plan).addr();
        if let Some(current) = known().get(&address) {
            return current;
        }
        // Schemas are code of the user's: the lock is not held meanwhile.
        let definition = write::write(plan);
        let json = definition.json();
        let fingerprint = canonical::fingerprint(&json);
        let current = Self { definition, json: Arc::new(json), fingerprint };
        known().entry(address).or_insert_with(|| Box::leak(Box::new(current)))
    }
}

impl Definition {
    fn json(&self) -> Value {
        serde_json::to_value(self).expect("a definition has text, numbers and JSON only")
    }

    /// One that was stored.
    ///
    /// # Errors
    /// It was written by a later version of the library, or is none.
    pub(crate) fn read(json: &Value) -> Result<Self, String> {
        match json.get("version").and_then(Value::as_u64) {
            Some(version) if version <= u64::from(VERSION) => Self::deserialize(json).map_err(|error| error.to_string()),
            Some(version) => Err(format!("its format has the version {version}, and this program knows none later than {VERSION}")),
            None => Err("it has no version".to_owned()),
        }
    }
}

impl Plan {
    /// Identifies what runs of the workflow depend on: its names, shape and schemas, and `max`, `restart` and `many`. Documentation, labels and other options do not
    /// count. It is stored with each run.
    #[must_use]
    pub fn fingerprint(&'static self) -> &'static str {
        &Current::of(self).fingerprint
    }
}

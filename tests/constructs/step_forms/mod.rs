//! Everything that `#[step]` accepts.

mod context;
mod data;
mod executors;
mod names;
mod options;
mod retries;
mod returns;
mod running;

use agno::{About, Describe, StepInfo, prelude::*};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Count {
    calls: u32,
}

#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
struct Client {
    name: String,
}

#[step]
fn plus_ten(n: &u32) -> u32 {
    n + 10
}

#[step]
fn nothing() {}

#[derive(Debug, PartialEq)]
enum Refusal {
    Odd(u32),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Odd(n) = self;
        write!(f, "{n} is odd")
    }
}

impl std::error::Error for Refusal {}

fn json(schema: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(schema).expect("a schema is JSON")
}

fn info<T: Describe>() -> StepInfo {
    match T::about() {
        About::Step(info) => info,
        About::Workflow(plan) => panic!("{} is a workflow", plan.name),
    }
}

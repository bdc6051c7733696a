//! An output is stored, so it cannot borrow.

use agno::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Topic;

#[step]
fn title(topic: &Topic) -> &str {
    let _ = topic;
    "Rust"
}

fn main() {}

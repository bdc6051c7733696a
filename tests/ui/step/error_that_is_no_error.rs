//! What a step fails with is an error.

use agno::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Topic;

struct TooLong;

#[step]
async fn find(topic: &Topic) -> Result<usize, TooLong> {
    let _ = topic;
    Err(TooLong)
}

fn main() {}

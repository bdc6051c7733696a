//! What a step takes has a schema.

use agno::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Topic;

struct Query {
    words: Vec<String>,
}

#[step]
async fn find(query: &Query, topic: &Topic) -> usize {
    let _ = topic;
    query.words.len()
}

fn main() {}

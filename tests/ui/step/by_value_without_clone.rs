//! By value means a clone.

use agno::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Topic;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Posts {
    titles: Vec<String>,
}

#[step]
async fn count(posts: Posts, topic: &Topic) -> usize {
    let _ = topic;
    posts.titles.len()
}

fn main() {}

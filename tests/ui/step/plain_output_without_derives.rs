//! The same where there is no `Result`.

use agno::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Topic;

struct Posts {
    titles: Vec<String>,
}

#[step]
async fn find(topic: &Topic) -> Posts {
    let _ = topic;
    Posts { titles: Vec::new() }
}

fn main() {}

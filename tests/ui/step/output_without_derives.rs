//! One error names all three derives.

use agno::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Topic;

struct Posts {
    titles: Vec<String>,
}

#[step]
async fn find(topic: &Topic) -> Result<Posts, std::io::Error> {
    let _ = topic;
    Ok(Posts { titles: Vec::new() })
}

fn main() {}

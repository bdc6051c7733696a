//! An error must not become a value because its type is called otherwise.

use agno::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Topic;

type Fetched = Result<String, std::io::Error>;

#[step]
async fn fetch(topic: &Topic) -> Fetched {
    let _ = topic;
    Ok(String::new())
}

fn main() {}

use agno::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Posts {
    titles: Vec<String>,
}

#[step]
async fn find(topic: &str) -> Posts {
    Posts { titles: vec![topic.to_owned()] }
}

fn main() {}

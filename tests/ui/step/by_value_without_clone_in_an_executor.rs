use agno::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
struct Posts {
    titles: Vec<String>,
}

struct Counter;

#[step]
impl Counter {
    async fn run(&self, posts: Posts) -> usize {
        posts.titles.len()
    }
}

fn main() {}

use agno::prelude::*;

#[step(max_retries = 3)]
async fn find(topic: &str) -> usize {
    topic.len()
}

fn main() {}

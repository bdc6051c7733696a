use agno::prelude::*;

#[step(effect = idempotend)]
async fn find(topic: &str) -> usize {
    topic.len()
}

fn main() {}

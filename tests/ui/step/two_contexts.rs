use agno::prelude::*;

#[step]
async fn find(topic: &str, ctx: &StepContext, other: &StepContext) -> usize {
    let _ = (ctx, other);
    topic.len()
}

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    state usage: Usage;
    draft;
    polish(usage);
} }

fn main() {}

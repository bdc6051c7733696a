#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    state usage: Usage;
    draft;
    sections;
    each all { steps group { verify; improve; } }
    polish(draft);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    state usage: Usage;
    draft;
    parallel both { steps group { improve; verify; } verify as other; }
    polish(both.other);
} }

fn main() {}

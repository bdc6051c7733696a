#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    state usage: Usage;
    draft;
    parallel both { loop again (max = 3) { improve; } verify; }
    polish(both.verify);
} }

fn main() {}

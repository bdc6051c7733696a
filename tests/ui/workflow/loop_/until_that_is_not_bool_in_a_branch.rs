#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { count; loop refine (max = 3, until = count) { verify; } }
    polish(both.refine);
} }

fn main() {}

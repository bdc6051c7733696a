#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { count; loop refine (until = has_claims) { verify; } }
    polish(both.refine);
} }

fn main() {}

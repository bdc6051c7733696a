#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { condition once (has_claims) { } verify; }
    polish(both.verify);
} }

fn main() {}

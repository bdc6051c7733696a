#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    condition once (has_claims) { verify; } else { check(verify); }
    polish;
} }

fn main() {}

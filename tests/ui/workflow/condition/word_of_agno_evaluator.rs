#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    condition check (evaluator = has_claims) { verify; }
    polish;
} }

fn main() {}

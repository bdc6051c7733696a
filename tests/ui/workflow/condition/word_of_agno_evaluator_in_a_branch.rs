#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { condition check (evaluator = has_claims) { verify; } count; }
    polish(both.check);
} }

fn main() {}

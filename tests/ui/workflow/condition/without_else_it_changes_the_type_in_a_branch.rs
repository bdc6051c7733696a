#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; condition check (has_claims) { count; } }
    polish(both.verify);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { count; condition check (has_claims) { verify; } else { } }
    polish(both.check);
} }

fn main() {}

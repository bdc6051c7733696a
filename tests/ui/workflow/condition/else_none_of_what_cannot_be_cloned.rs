#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    condition check (has_claims) { weigh; } else none;
    polish(draft);
} }

fn main() {}

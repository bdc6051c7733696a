#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    loop refine (max = 3) { condition check (has_claims) { verify; } else { count; } }
    polish;
} }

fn main() {}

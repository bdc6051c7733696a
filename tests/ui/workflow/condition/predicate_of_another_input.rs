#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    search(topic);
    condition check (has_claims) { search(topic) as more; }
    polish(draft);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    condition check (draft.claims > 0) { verify; }
    polish;
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    condition check (|draft| draft.title.len().await > 0) { verify; }
    polish;
} }

fn main() {}

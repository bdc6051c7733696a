#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    polish(draft) as first;
    draft;
    polish;
} }

fn main() {}

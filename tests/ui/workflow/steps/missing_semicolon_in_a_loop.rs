#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    state usage: Usage;
    draft;
    loop refine (max = 3) { verify improve; }
    polish;
} }

fn main() {}

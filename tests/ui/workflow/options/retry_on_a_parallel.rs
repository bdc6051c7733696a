#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both (retry = 3) { verify; count; }
    polish(both.verify);
} }

fn main() {}

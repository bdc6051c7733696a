#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    use steps::polish;
    draft;
    polish;
} }

fn main() {}

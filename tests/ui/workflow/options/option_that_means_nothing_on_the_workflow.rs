#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article with (retry = 3) {
    draft;
    polish;
} }

fn main() {}

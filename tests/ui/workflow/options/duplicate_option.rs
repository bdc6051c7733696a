#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft with (retry = 3, timeout = "3s", retry = 4);
    polish;
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    sleep "1s";
    sleep "2s";
    polish;
} }

fn main() {}

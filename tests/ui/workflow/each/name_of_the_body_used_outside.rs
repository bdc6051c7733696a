#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    sections;
    each all { verify; }
    polish(verify);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topik) -> Article {
    draft;
    polish;
} }

fn main() {}

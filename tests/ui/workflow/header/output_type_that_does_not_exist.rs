#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Artikle {
    draft;
    polish;
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both (limit = "two") { verify; count; }
    polish(both.verify);
} }

fn main() {}

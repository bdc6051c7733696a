#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { sections; sections as more; }
    each all { verify; }
    polish(draft);
} }

fn main() {}

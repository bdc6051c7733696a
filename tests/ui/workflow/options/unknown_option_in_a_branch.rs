#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify with (timout = "3s"); count; }
    polish(both.verify);
} }

fn main() {}

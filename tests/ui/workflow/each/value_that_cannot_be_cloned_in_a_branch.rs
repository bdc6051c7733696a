#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; steps inner { sections; each all { weigh; } } }
    polish(both.verify);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; steps inner { sleep "1s"; sleep "2s"; verify; } }
    polish(both.verify);
} }

fn main() {}

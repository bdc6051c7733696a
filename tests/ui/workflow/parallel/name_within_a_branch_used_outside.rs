#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { steps first { verify; count; } count as second; }
    polish(verify);
} }

fn main() {}

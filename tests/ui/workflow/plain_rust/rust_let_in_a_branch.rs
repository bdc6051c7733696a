#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; steps inner { let better = verify; verify as again; } }
    polish(both.verify);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; steps inner { while draft.claims > 0 { verify; } verify as again; } }
    polish(both.verify);
} }

fn main() {}

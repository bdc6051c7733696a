#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { count; steps inner { loop refine (max = 3) { verify; } verify(verify) as again; } }
    polish(both.inner);
} }

fn main() {}

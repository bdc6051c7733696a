#[path = "../../steps.rs"]
mod steps;
#[path = "../../workflows.rs"]
mod workflows;
use agno::prelude::*;
use steps::*;
use workflows::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; Polishing(topic); }
    polish(both.verify);
} }

fn main() {}

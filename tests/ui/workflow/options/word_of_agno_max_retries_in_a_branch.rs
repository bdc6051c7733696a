#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify with (max_retries = 3); count; }
    polish(both.verify);
} }

fn main() {}

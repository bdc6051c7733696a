#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

#[step]
fn now() -> u64 { 0 }

workflow! { W(topic: Topic) -> Article {
    draft;
    now;
    polish(draft);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { condition check (|draft| draft.title.len().await > 0) { verify; } count; }
    polish(both.check);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    sections;
    parallel both { steps inner { each all { verify; } polish(verify); } polish(draft); }
    map |inner, polish| inner.clone();
} }

fn main() {}

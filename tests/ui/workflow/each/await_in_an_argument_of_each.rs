#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    sections;
    each all |section| { verify(&section.clone().await); }
    polish(draft);
} }

fn main() {}

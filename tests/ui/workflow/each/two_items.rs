#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    sections;
    each all |first, second| { verify; }
    polish(draft);
} }

fn main() {}

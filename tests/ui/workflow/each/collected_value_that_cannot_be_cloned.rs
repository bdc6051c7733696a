#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    sections;
    each all (on_error = collect) { weigh; }
    polish(draft);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both (on_error = skip) { verify; count; }
    polish(draft);
} }

fn main() {}

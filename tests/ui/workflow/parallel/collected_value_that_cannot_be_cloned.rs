#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both (on_error = collect) { verify; weigh; }
    polish(draft);
} }

fn main() {}

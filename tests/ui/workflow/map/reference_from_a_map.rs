#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    map |draft| &draft.title;
    polish(draft);
} }

fn main() {}

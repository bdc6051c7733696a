#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    write(topic, &Posts { pages: vec![draft.title.parse()?] });
    polish;
} }

fn main() {}

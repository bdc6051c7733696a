#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    state usage: Usage = Cart { items: 3 };
    draft;
    polish;
} }

fn main() {}

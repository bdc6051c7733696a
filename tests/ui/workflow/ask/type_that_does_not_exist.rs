#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    ask review: Reveiw = "Which?";
    polish(draft);
} }

fn main() {}

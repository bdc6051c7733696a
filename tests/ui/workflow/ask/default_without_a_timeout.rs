#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    ask sure: bool = "Sure?" with (default = true);
    polish(draft);
} }

fn main() {}

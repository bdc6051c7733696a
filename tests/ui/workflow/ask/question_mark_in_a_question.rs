#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    ask sure: bool = draft.title.parse::<String>()?;
    polish(draft);
} }

fn main() {}

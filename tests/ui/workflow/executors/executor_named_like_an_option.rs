#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    use db: Editor;
    draft;
    db;
} }

fn main() {}

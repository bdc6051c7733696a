#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    use editor: Edtor;
    draft;
    editor;
} }

fn main() {}

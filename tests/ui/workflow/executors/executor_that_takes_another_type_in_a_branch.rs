#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    use editor: Editor;
    draft;
    parallel both { verify; editor(topic); }
    polish(both.verify);
} }

fn main() {}

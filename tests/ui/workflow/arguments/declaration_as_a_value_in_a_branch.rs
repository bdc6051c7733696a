#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    use editor: Editor;
    draft;
    parallel both { verify; count(editor); }
    editor(both.verify);
} }

fn main() {}

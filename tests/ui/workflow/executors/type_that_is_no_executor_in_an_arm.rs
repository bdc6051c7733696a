#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    use editor: Usage;
    draft;
    router way (audience) { Audience::Tech => editor, _ => polish }
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

pub struct Bare { pub calls: u32 }

workflow! { W(topic: Topic) -> Article {
    draft;
    ask bare: Bare = "Which?";
    polish(draft);
} }

fn main() {}

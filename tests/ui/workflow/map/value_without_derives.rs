#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

pub struct Bare { pub calls: u32 }

workflow! { W(topic: Topic) -> Article {
    draft;
    map |draft| Bare { calls: draft.claims };
    polish(draft);
} }

fn main() {}

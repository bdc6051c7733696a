#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

pub struct Bare { pub calls: u32 }

workflow! { W(topic: Topic) -> Article {
    draft;
    loop refine (max = 3) { map |draft| Bare { calls: draft.claims }; verify(draft); }
    polish;
} }

fn main() {}

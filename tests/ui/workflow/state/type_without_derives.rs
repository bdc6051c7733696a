#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

#[derive(Clone, Default)]
pub struct Bare { pub calls: u32 }

workflow! { W(topic: Topic) -> Article {
    state bare: Bare;
    draft;
    polish;
} }

fn main() {}

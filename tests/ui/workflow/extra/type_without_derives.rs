#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

pub struct Bare { pub calls: u32 }

workflow! { W(topic: Topic) -> Article {
    extra bare: Bare;
    draft;
    polish;
} }

fn main() {}

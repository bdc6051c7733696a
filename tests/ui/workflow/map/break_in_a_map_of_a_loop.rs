#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    loop refine (max = 3) { map |draft| break; }
    polish;
} }

fn main() {}

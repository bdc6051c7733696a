#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    match audience { Audience::Tech => verify }
    polish;
} }

fn main() {}

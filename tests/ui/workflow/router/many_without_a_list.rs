#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience, many) { Audience::Tech => verify, _ => verify }
    polish;
} }

fn main() {}

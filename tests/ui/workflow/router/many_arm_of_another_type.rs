#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (|_| vec![Audience::Tech], many) { Audience::Tech => verify, _ => count }
    polish;
} }

fn main() {}

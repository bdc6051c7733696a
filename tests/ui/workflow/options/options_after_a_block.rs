#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    steps group { verify; } with (timeout = "3s")
    polish;
} }

fn main() {}

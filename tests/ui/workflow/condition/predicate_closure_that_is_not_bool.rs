#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    condition check (|draft| draft.claims) { verify; }
    polish;
} }

fn main() {}

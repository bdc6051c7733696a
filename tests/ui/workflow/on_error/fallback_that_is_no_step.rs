#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft with (on_error = fallback(nobody));
    polish;
} }

fn main() {}

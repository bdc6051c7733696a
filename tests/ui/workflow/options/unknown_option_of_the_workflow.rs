#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article with (store_event) {
    draft;
    polish;
} }

fn main() {}

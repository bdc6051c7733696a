#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article with (skip_events = [StepStartet]) {
    draft;
    polish;
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article with (skip_events = [StepStarted, Nothing]) {
    draft;
    polish;
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

fn is_transient(error: &std::num::ParseIntError) -> bool { error.to_string().is_empty() }

workflow! { W(topic: Topic) -> Article {
    draft;
    check with (retry = 3, retry_if = is_transient);
    polish;
} }

fn main() {}

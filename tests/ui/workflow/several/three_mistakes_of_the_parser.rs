//! Three mistakes of one phase give three errors.

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft
    verify with (retries = 3);
    if draft.claims > 0 { polish; }
    polish;
} }

fn main() {}

//! Three mistakes of one phase give three errors.

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    verify(drafd) as first;
    verify(topik) as second;
    polish(seconds);
} }

fn main() {}

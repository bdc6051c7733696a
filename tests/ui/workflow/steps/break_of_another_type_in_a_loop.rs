#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Draft {
    draft;
    loop refine (max = 3) { early; }
    verify;
} }

fn main() {}

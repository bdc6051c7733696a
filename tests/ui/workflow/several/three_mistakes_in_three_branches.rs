//! Three mistakes in three branches.

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel all {
        steps a { verify; verify; }
        loop b { verify; }
        condition c (draft.claims > 0) { verify; }
    }
    polish(draft);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; count with (on_error = skip); }
    polish(both.verify);
} }

fn main() {}

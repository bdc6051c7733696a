#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; ask sure: bool = "Sure?" with (timeout = "1h", default = 5); }
    polish(both.verify);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify with (timeout = "30"); count; }
    polish(both.verify);
} }

fn main() {}

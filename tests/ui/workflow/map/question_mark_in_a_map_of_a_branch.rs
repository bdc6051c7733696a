#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; map |draft| draft.title.parse::<u32>()?; }
    polish(both.verify);
} }

fn main() {}

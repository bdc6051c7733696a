#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { router way (audience) { Audience::Tech => polish _ => polish } verify; }
    polish(both.verify);
} }

fn main() {}

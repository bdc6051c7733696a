#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { count; router way (audience) { Audience::Teck => polish, _ => polish } }
    polish(draft);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; router way (audience) { Audience::Tech => count, _ => verify } }
    polish(both.verify);
} }

fn main() {}

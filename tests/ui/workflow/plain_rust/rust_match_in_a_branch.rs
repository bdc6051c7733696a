#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { verify; steps inner { match audience { Audience::Tech => verify } verify as again; } }
    polish(both.verify);
} }

fn main() {}

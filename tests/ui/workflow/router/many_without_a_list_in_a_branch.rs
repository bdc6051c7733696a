#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    parallel both { count; router way (audience, many) { Audience::Tech => verify, _ => verify } }
    polish(both.way);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => { map |draft| draft.clone().await; } _ => verify }
    polish;
} }

fn main() {}

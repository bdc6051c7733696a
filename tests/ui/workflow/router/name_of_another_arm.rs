#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => verify, Audience::General => polish(verify), _ => verify }
    polish(draft);
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => polish(return), _ => polish }
} }

fn main() {}

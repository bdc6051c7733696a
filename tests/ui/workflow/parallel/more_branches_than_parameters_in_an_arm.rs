#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => { parallel both { verify; count; } polish; } _ => polish }
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => { loop refine (max = 3) { } polish(draft); } _ => polish }
} }

fn main() {}

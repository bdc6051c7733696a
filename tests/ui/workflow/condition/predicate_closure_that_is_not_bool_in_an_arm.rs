#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => { condition check (|draft| &draft.title) { verify; } polish; } _ => polish }
} }

fn main() {}

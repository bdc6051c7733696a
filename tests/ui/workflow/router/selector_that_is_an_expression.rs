#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (draft.claims) { 0 => polish, _ => polish }
} }

fn main() {}

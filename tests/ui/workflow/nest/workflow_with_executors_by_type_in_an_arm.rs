#[path = "../../steps.rs"]
mod steps;
#[path = "../../workflows.rs"]
mod workflows;
use agno::prelude::*;
use steps::*;
use workflows::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => Edited, _ => polish }
} }

fn main() {}

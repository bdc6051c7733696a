#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    search(topic);
    router way (audience) { Audience::Tech => polish(draft), _ => polish(draft) as other }
} }

fn main() {}

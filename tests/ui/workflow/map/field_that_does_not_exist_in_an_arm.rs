#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => { map |draft| draft.titel.clone(); polish(draft); } _ => polish }
} }

fn main() {}

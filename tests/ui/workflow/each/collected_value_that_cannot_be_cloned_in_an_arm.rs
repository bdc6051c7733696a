#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) {
        Audience::Tech => { sections; each all (on_error = collect) { weigh; } polish(draft); }
        _ => polish,
    }
} }

fn main() {}

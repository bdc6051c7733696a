#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

#[step]
fn publish(topic: &Topic) -> Article { Article { text: topic.title.clone() } }

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => polish(draft) with (on_error = fallback(publish)), _ => polish }
} }

fn main() {}

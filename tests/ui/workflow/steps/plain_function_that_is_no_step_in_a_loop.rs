#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

fn plain(draft: &Draft) -> Draft { Draft { title: draft.title.clone(), claims: 0 } }

workflow! { W(topic: Topic) -> Article {
    draft;
    loop refine (max = 3) { plain; }
    polish;
} }

fn main() {}

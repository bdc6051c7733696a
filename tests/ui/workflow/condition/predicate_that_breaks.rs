#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

#[step]
fn stop_early(draft: &Draft) -> ControlFlow<Article, bool> { ControlFlow::Continue(draft.claims > 0) }

workflow! { W(topic: Topic) -> Article {
    draft;
    condition check (stop_early) { verify; }
    polish;
} }

fn main() {}

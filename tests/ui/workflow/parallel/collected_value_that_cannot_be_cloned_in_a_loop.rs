#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    loop refine (max = 3) { parallel both (on_error = collect) { verify; weigh; } verify(draft) as again; }
    polish;
} }

fn main() {}

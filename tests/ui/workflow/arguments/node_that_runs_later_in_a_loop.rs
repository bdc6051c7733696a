#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    loop refine (max = 3) { write(topic, posts); search(topic) as posts; verify(write); }
    polish;
} }

fn main() {}

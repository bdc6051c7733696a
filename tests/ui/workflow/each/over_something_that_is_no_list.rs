#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    each all { verify; }
    map |all| all[0].clone();
    polish;
} }

fn main() {}

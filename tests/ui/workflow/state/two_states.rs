#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    state usage: Usage;
    state cart: Cart;
    draft;
    polish;
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    state cart: Cart;
    draft;
    loop refine (max = 3) { improve; }
    polish;
} }

fn main() {}

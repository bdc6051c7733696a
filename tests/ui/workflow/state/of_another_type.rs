#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    state cart: Cart;
    draft;
    improve;
    polish;
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    extra cart: Cart;
    draft;
    price;
    polish;
} }

fn main() {}

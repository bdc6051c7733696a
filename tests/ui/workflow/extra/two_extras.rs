#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    extra client: Client;
    extra cart: Cart;
    draft;
    polish;
} }

fn main() {}

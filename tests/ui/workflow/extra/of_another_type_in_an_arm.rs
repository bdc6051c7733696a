#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    extra cart: Cart;
    draft;
    router way (audience) { Audience::Tech => { price; polish; } _ => polish }
} }

fn main() {}

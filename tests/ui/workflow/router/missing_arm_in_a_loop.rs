#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    loop refine (max = 3) { router way (audience) { Audience::Tech => verify, Audience::General => verify } }
    polish;
} }

fn main() {}

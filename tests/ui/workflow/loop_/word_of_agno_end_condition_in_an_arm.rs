#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) {
        Audience::Tech => { loop refine (max = 3, end_condition = has_claims) { verify; } }
        _ => verify,
    }
    polish;
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    router way (audience) { Audience::Tech => { sections; loop refine (max = 3, until = has_claims) { map |all| all.clone(); } polish(draft); } _ => polish }
} }

fn main() {}

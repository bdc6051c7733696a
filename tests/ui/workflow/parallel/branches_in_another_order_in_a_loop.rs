#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

#[step]
fn merge(_: &u32, _: &Draft) -> Draft { unreachable!() }

workflow! { W(topic: Topic) -> Article {
    draft;
    loop refine (max = 3) { parallel both { verify; count; } merge; }
    polish;
} }

fn main() {}

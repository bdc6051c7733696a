#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

#[step]
fn merge(_: &Posts, _: &Draft) -> Article { unreachable!() }

workflow! { W(topic: Topic) -> Article {
    parallel both { draft; search; }
    merge;
} }

fn main() {}

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

fn plain(draft: &Draft) -> Article { unreachable!() }

workflow! { W(topic: Topic) -> Article {
    draft;
    plain;
} }

fn main() {}

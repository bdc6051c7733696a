#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

fn plain(_: &Draft) -> Article { unreachable!() }

workflow! { W(topic: Topic) -> Article {
    draft;
    plain;
} }

fn main() {}

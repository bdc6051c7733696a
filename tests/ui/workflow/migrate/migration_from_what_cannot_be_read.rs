#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

struct Old;

fn from_old(_old: Old) -> Draft { unreachable!() }

workflow! { W(topic: Topic) -> Article {
    draft with (migrate = from_old);
    polish;
} }

fn main() {}

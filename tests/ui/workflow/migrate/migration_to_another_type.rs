#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

fn from_old(old: Topic) -> Topic { old }

workflow! { W(topic: Topic) -> Article {
    draft with (migrate = from_old);
    polish;
} }

fn main() {}

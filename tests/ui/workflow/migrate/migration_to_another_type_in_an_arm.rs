#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

fn from_old(old: Topic) -> Topic { old }

workflow! { W(topic: Topic) -> Article {
    router first (|_topic| true) {
        true => draft with (migrate = from_old),
        false => draft,
    }
    polish;
} }

fn main() {}

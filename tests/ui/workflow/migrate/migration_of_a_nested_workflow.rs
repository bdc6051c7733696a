#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

fn from_old(old: String) -> Article { Article { text: old } }

workflow! { Inner(topic: Topic) -> Article { draft; polish; } }

workflow! { W(topic: Topic) -> Article {
    Inner with (migrate = from_old);
} }

fn main() {}

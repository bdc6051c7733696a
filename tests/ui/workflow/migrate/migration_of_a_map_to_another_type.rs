#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

fn from_old(old: bool) -> String { old.to_string() }

workflow! { W(topic: Topic) -> u32 {
    map |_topic| 5_u32 with (migrate = from_old);
} }

fn main() {}

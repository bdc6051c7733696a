#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

fn from_old(old: bool) -> String { old.to_string() }

workflow! { W(topic: Topic) -> bool {
    ask review: bool = "Is it good?" with (migrate = from_old);
} }

fn main() {}

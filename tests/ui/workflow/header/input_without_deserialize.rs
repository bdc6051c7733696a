#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

#[derive(Serialize, JsonSchema)]
pub struct Bare { pub calls: u32 }

workflow! { W(bare: Bare) -> Article {
    map |bare| Topic { title: bare.calls.to_string() };
    draft;
    polish;
} }

fn main() {}

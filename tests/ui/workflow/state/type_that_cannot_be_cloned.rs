#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

#[derive(Default, Serialize, Deserialize, JsonSchema)]
pub struct Bare { pub calls: u32 }

#[step]
fn change(draft: &Draft, bare: &mut Bare) -> Draft { bare.calls += draft.claims; draft.clone() }

workflow! { W(topic: Topic) -> Article {
    state bare: Bare;
    draft;
    change;
    polish;
} }

fn main() {}

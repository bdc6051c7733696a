//! Three mistakes of one phase give three errors.

#[path = "../../steps.rs"]
mod steps;
use agno::prelude::*;
use steps::*;

workflow! { W(topic: Topic) -> Article {
    draft;
    count(topic);
    write(topic, draft) as again;
    polish(draft.claims);
} }

fn main() {}

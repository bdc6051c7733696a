//! Runs move between threads.

use agno::prelude::*;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Topic;

use std::rc::Rc;

#[step]
async fn find(topic: &Topic) -> usize {
    let shared = Rc::new(topic.clone());
    std::future::ready(()).await;
    Rc::strong_count(&shared)
}

fn main() {}

use std::rc::Rc;

use agno::prelude::*;

struct Reader;

#[step]
impl Reader {
    async fn run(&self, topic: &str) -> usize {
        let shared = Rc::new(topic.to_owned());
        std::future::ready(()).await;
        shared.len()
    }
}

fn main() {}

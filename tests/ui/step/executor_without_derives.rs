use agno::prelude::*;

struct Post {
    title: String,
}

struct Writer;

#[step]
impl Writer {
    async fn run(&self, topic: &str) -> Post {
        Post { title: topic.to_owned() }
    }
}

fn main() {}

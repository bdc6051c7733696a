use agno::prelude::*;

struct TooLong;

struct Writer;

#[step]
impl Writer {
    async fn run(&self, topic: &str) -> Result<usize, TooLong> {
        if topic.len() > 9 { Err(TooLong) } else { Ok(topic.len()) }
    }
}

fn main() {}

use agno::prelude::*;

struct Counter;

#[step(timeout = "30")]
impl Counter {
    fn run(&self, words: &[String]) -> usize {
        words.len()
    }
}

fn main() {}

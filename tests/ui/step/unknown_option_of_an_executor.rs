use agno::prelude::*;

struct Counter;

#[step(retries = 3)]
impl Counter {
    fn run(&self, words: &[String]) -> usize {
        words.len()
    }
}

fn main() {}

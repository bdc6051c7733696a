use agno::prelude::*;

struct Counter;

#[step(retry)]
impl Counter {
    fn run(&self, words: &[String]) -> usize {
        words.len()
    }
}

fn main() {}

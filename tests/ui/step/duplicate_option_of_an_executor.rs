use agno::prelude::*;

struct Counter;

#[step(retry = 3, timeout = "30s", retry = 4)]
impl Counter {
    fn run(&self, words: &[String]) -> usize {
        words.len()
    }
}

fn main() {}

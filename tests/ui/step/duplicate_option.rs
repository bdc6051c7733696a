//! An option is given once.

use agno::prelude::*;

#[step(retry = 3, timeout = "30s", retry = 4)]
fn count(words: &[String]) -> usize {
    words.len()
}

fn main() {}

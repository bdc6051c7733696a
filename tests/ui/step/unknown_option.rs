//! The nearest word is suggested.

use agno::prelude::*;

#[step(retries = 3)]
fn count(words: &[String]) -> usize {
    words.len()
}

fn main() {}

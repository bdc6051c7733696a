//! A future must not block.

use agno::prelude::*;

#[step(blocking)]
async fn count(words: &[String]) -> usize {
    words.len()
}

fn main() {}

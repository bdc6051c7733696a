//! Most options have a value.

use agno::prelude::*;

#[step(retry)]
fn count(words: &[String]) -> usize {
    words.len()
}

fn main() {}

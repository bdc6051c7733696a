//! A duration has a unit.

use agno::prelude::*;

#[step(timeout = "30")]
fn count(words: &[String]) -> usize {
    words.len()
}

fn main() {}

//! A step that cannot fail is not retried for its error.

use agno::prelude::*;

#[step(retry_if = is_transient)]
fn count(words: &[String]) -> usize {
    words.len()
}

fn is_transient(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::TimedOut
}

fn main() {}

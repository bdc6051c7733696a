//! `retry_if` looks at the error of this step.

use agno::prelude::*;

#[step(retry = 3, retry_if = is_transient)]
fn parse(text: &str) -> Result<u32, std::num::ParseIntError> {
    text.parse()
}

fn is_transient(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::TimedOut
}

fn main() {}

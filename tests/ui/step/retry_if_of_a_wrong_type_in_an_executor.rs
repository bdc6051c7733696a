use agno::prelude::*;

struct Parser;

#[step(retry = 3, retry_if = is_transient)]
impl Parser {
    fn run(&self, text: &str) -> Result<u32, std::num::ParseIntError> {
        text.parse()
    }
}

fn is_transient(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::TimedOut
}

fn main() {}

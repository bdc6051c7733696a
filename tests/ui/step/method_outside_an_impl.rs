//! A method is no step by itself.

use agno::prelude::*;

struct Writer;

impl Writer {
    #[step]
    fn write(&self) -> String {
        String::new()
    }
}

fn main() {}

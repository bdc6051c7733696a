//! An executor is made by its own `impl` block.

use agno::prelude::*;

struct Writer;

trait Write {
    fn run(&self) -> String;
}

#[step]
impl Write for Writer {
    fn run(&self) -> String {
        String::new()
    }
}

fn main() {}

//! A struct does nothing by itself; its `impl` block can be a step.

use agno::prelude::*;

#[step]
struct Writer {
    style: String,
}

fn main() {}

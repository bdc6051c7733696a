//! A step is a type too, and would hide the primitive one.

use agno::prelude::*;

#[step]
fn str(number: &u32) -> String {
    number.to_string()
}

fn main() {}

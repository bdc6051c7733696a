//! A trait has no work of its own.

use agno::prelude::*;

#[step]
pub trait Write {
    fn run(&self) -> String;
}

fn main() {}

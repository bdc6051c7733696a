//! A step has one schema, so it cannot have type parameters.

use agno::prelude::*;

#[step]
fn longest<T: Ord>(items: &[T]) -> usize {
    items.len()
}

fn main() {}

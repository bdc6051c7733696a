use agno::prelude::*;

struct Counter;

#[step]
impl Counter {
    fn run(&self, cart: &mut Vec<u32>, usage: &mut u64) -> u64 {
        *usage + u64::from(cart[0])
    }
}

fn main() {}

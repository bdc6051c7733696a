//! There is one session state. What uses the step hears nothing of the mistake.

use agno::prelude::*;

#[step]
fn charge(cart: &mut Vec<u32>, usage: &mut u64) -> u64 {
    *usage += 1;
    cart.iter().map(|price| u64::from(*price)).sum()
}

fn schema() -> agno::About {
    <charge as agno::Describe>::about()
}

fn main() {}

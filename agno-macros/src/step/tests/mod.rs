//! Tokens in, formatted code out; and what is said of mistakes.

mod expansion;
mod mistakes;
mod spans;

use proc_macro2::TokenStream;

use crate::reader::Reader;

/// What `#[step(options)] item` becomes.
fn expand(options: &str, item: &str) -> TokenStream {
    super::step(tokens(options), tokens(item), Reader::Compiler)
}

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("tests are written in Rust's tokens")
}

//! A digest of a text or Markdown file: what it says, how it is built, and how long it takes to read.
//!
//! ```text
//! cargo run --example digest -- README.md
//! ```
//!
//! Where to look: [`workflow`] is the whole program on one page. [`steps`] holds what the nodes do, as plain functions with unit tests.
//! [`model`] holds the types that go from step to step. [`report`] prints the result.

#![expect(unreachable_pub, reason = "an example reads better without `pub(crate)`")]

mod model;
mod report;
mod steps;
mod workflow;

use model::Source;
use workflow::Digest;

/// Without an argument the example reads the README of this repository.
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

#[tokio::main]
async fn main() -> agno::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| README.to_owned());
    let run = Digest::new().run(Source { path }).await?;
    print!("{}{}", report::Page(&run.content), report::Steps(&run.steps));
    Ok(())
}

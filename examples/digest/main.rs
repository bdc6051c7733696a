//! A digest of a text or Markdown file: what it says, how it is built, and how long it takes to read.
//!
//! ```text
//! cargo run --example digest -- README.md
//! cargo run --example digest -- --slowly README.md
//! ```
//!
//! The second one shows the same run afterwards, event by event, so that one can watch.
//!
//! Where to look: [`workflow`] is the whole program on one page. [`steps`] holds what the nodes do, as plain functions with unit tests.
//! [`model`] holds the types that go from step to step.

#![expect(unreachable_pub, reason = "an example reads better without `pub(crate)`")]

mod model;
mod steps;
mod workflow;

use std::time::Duration;

use agno::print_events;
use futures_util::{StreamExt as _, stream};
use model::Source;
use workflow::Digest;

/// Without an argument the example reads the README of this repository.
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

#[tokio::main]
async fn main() -> agno::Result<()> {
    let mut args: Vec<_> = std::env::args().skip(1).collect();
    let slowly = args.first().is_some_and(|arg| arg == "--slowly");
    let path = args.drain(usize::from(slowly)..).next().unwrap_or_else(|| README.to_owned());
    let run = Digest::new().run(Source { path });
    if slowly {
        let events: Vec<_> = run.stream().collect().await;
        let slowed = stream::iter(events).then(|event| async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            event
        });
        return print_events(slowed).await;
    }
    run.print().await?;
    Ok(())
}

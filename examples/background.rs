//! Runs in the background: start one, look in on it, come back for its result, cancel another.
//!
//! ```text
//! cargo run --example background
//! ```

use std::time::Duration;

use agno::prelude::*;
use futures_util::StreamExt as _;

/// Takes a while for each chapter.
#[step]
async fn read(chapter: &u32, ctx: &StepContext) -> u32 {
    tokio::time::sleep(Duration::from_millis(20)).await;
    ctx.progress(format!("read chapter {chapter}"), ());
    *chapter
}

workflow! {
    /// Reads the chapters of a book, two at a time.
    ReadBook(chapters: Vec<u32>) -> Vec<u32> {
        each chapter (limit = 2) { read; }
    }
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let book = ReadBook::new();

    // The call returns as soon as the run is recorded.
    let handle = book.run(vec![1, 2, 3, 4]).background().await?;
    println!("run {} is {}", handle.id(), handle.status().await?);

    // Events of background runs are kept, so a late listener misses nothing: it asks from the number it wants.
    let mut events = handle.events(0).await?;
    while let Some(event) = events.next().await {
        if event.name() == agno::EventName::StepProgress {
            println!("  {:>2} {}", event.sequence, event.text().unwrap_or_default());
        }
    }
    println!("it read {:?}\n", handle.wait().await?.content);

    // Anybody who knows the id can ask for the run, now or later.
    let stored = book.get_run(handle.id()).await?;
    println!("stored: {:?}", stored.map(|run| (run.status, run.steps.len())));

    // Cancelling waits until nothing of the run is left running.
    let handle = book.run((1..=1_000).collect::<Vec<_>>()).background().await?;
    handle.cancel().await?;
    match handle.wait().await {
        Err(error @ RunError::Cancelled { .. }) => println!("{error}"),
        other => println!("not cancelled: {other:?}"),
    }
    Ok(())
}

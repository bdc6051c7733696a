//! Looking on while a workflow runs: its events, the text that a step sends, and how far it is.
//!
//! ```text
//! cargo run --example streaming
//! ```

use agno::prelude::*;
use futures_util::StreamExt as _;

/// Writes a line, word by word, as a model would.
#[step]
async fn write(topic: &str, ctx: &StepContext) -> String {
    let words = ["Errors", "about", topic, "are", "found", "before", "it", "runs."];
    for (index, word) in words.into_iter().enumerate() {
        ctx.emit(format!("{word} "));
        ctx.progress("writing", (index + 1, words.len()));
    }
    words.join(" ")
}

/// Tells whoever listens what it found.
#[step]
fn count(text: &str, ctx: &StepContext) -> usize {
    let words = text.split_whitespace().count();
    ctx.emit_event("counted", serde_json::json!({ "words": words }));
    words
}

workflow! {
    /// Writes about a topic and counts the words.
    WriteAndCount(topic: String) -> usize {
        write;
        count;
    }
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let workflow = WriteAndCount::new();

    println!("The content as it arrives:");
    let mut stream = workflow.run("workflows").stream_events(false).stream();
    while let Some(event) = stream.next().await {
        if let EventKind::RunContent { content } = event?.kind {
            print!("{}", content.as_str().unwrap_or_default());
        }
    }
    println!("\n");

    println!("Every event:");
    let mut stream = workflow.run("workflows").stream();
    while let Some(event) = stream.next().await {
        let event = event?;
        println!("{:>3} {:<17} {:<6} {}", event.sequence, event.name(), event.path, event.text().unwrap_or_default());
    }
    // After its last event the stream knows what the run came to.
    if let Some(Outcome::Completed(run)) = stream.outcome().transpose()? {
        println!("\n{} words", run.content);
    }
    Ok(())
}

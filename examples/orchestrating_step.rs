//! A step that orchestrates: plain Rust with `if`, `for` and `?`, whose calls are recorded, retried and shown like nodes.
//!
//! ```text
//! cargo run --example orchestrating_step
//! ```

use std::sync::Arc;

use agno::prelude::*;
use futures_util::StreamExt as _;

/// Finds facts about a question. Not every attempt succeeds.
#[step(retry = 2, backoff = "5ms")]
async fn research(question: &str, ctx: &StepContext) -> Result<Vec<String>, std::io::Error> {
    if ctx.attempt() == 1 {
        return Err(std::io::Error::other("the source does not answer"));
    }
    Ok(vec![format!("a fact about {question}"), format!("another fact about {question}")])
}

/// Stands for a model: an executor is a value, with whatever it needs inside.
struct Writer {
    style: &'static str,
}

#[step]
impl Writer {
    async fn run(&self, prompt: &str, ctx: &StepContext) -> String {
        for chunk in ["It says: ", prompt] {
            ctx.emit(chunk);
        }
        format!("[{}] {prompt}", self.style)
    }
}

workflow! {
    /// Shortens a text to its first words.
    Shorten(text: String) -> String {
        map |text| text.chars().take(60).collect::<String>();
    }
}

/// Prepares a prompt, calls the writer, and has the answer shortened if it is long.
#[step]
async fn answer(questions: &[String], ctx: &StepContext) -> Result<String, StepError> {
    let mut facts = Vec::new();
    for question in questions {
        // A step, by its type: `answer/research#0`, `answer/research#1`, …
        facts.extend(ctx.step::<research>(question.clone()).await?.iter().cloned());
    }

    // An executor, by its value; `.stream()` looks on while it runs.
    let writer = Arc::new(Writer { style: "plain" });
    let mut stream = ctx.call(&writer, facts.join("; ")).stream();
    while let Some(event) = stream.next().await {
        if let EventKind::RunContent { content } = &event.kind {
            println!("the writer: {content}");
        }
    }
    let text = stream.output().await?;

    // A workflow, by its value.
    if text.len() > 60 {
        return Ok(ctx.call(&Shorten::new(), text.to_string()).await?.to_string());
    }
    Ok(text.to_string())
}

workflow! {
    /// Answers questions.
    Answers(questions: Vec<String>) -> String {
        answer;
    }
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let run = Answers::new().run(vec!["types".to_owned(), "durability".to_owned()]).await?;
    println!("\n{}\n", run.content);
    for step in &run.steps {
        println!("{:<24} {} attempt(s)", step.path(), step.attempts());
    }
    Ok(())
}

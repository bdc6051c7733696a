//! What a failure means: retries, another value, another step, a tolerated branch, and a run that failed and is taken on.
//!
//! ```text
//! cargo run --example errors
//! ```

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use agno::prelude::*;

/// Why a page cannot be read.
#[derive(Debug)]
enum FetchError {
    Busy,
    NotFound(String),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("the server is busy"),
            Self::NotFound(page) => write!(f, "there is no page `{page}`"),
        }
    }
}

impl std::error::Error for FetchError {}

fn is_busy(error: &FetchError) -> bool {
    matches!(error, FetchError::Busy)
}

/// Tries again while the server is busy, and not when the page is missing.
#[step(retry = 3, backoff = "5ms", retry_if = is_busy)]
async fn fetch(page: &str, ctx: &StepContext) -> Result<String, FetchError> {
    match page {
        "busy" if ctx.attempt() < 3 => Err(FetchError::Busy),
        "missing" => Err(FetchError::NotFound(page.to_owned())),
        _ => Ok(format!("<{page}>")),
    }
}

/// What is read when there is nothing to fetch.
#[step]
fn from_cache(page: &str) -> String {
    format!("<{page} as of yesterday>")
}

/// One value for each page, whether it was fetched or not.
#[step]
fn join(pages: &[Result<String, StepError>]) -> String {
    let pages = pages.iter().map(|page| page.as_deref().unwrap_or("(none)"));
    pages.collect::<Vec<_>>().join(" ")
}

/// Whether the printer works yet.
static REPAIRED: AtomicBool = AtomicBool::new(false);

#[step]
fn print(text: &str) -> Result<String, std::io::Error> {
    if REPAIRED.load(Ordering::Relaxed) { Ok(format!("printed {text}")) } else { Err(std::io::Error::other("no paper")) }
}

workflow! {
    /// Fetches pages and prints them.
    Print(pages: Vec<String>) -> String {
        // All items end, and each value is a `Result`.
        each fetched (on_error = collect) { fetch; }
        join;
        // The same arguments, another step.
        fetch("missing") as news with (on_error = fallback(from_cache));
        // No value: an `Option`.
        fetch("missing") as weather with (on_error = none);
        map |weather| weather.is_some();
        // Nothing said: a failure fails the run.
        print(&format!("{join} {news}, weather: {map}"));
    }
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let workflow = Print::new();
    let pages = vec!["home".to_owned(), "busy".to_owned(), "missing".to_owned()];

    let error = match workflow.run(pages).await {
        Ok(run) => return Err(agno::Error::other(format!("it should fail, and gave {}", run.content))),
        Err(error) => error,
    };
    println!("{error}\n");

    // Nothing that was done is lost: the error carries it.
    if let Some(partial) = error.partial() {
        for step in partial.steps.iter().filter(|step| !step.is_container()) {
            println!("{:<18} {} attempt(s)  {:?}", step.path(), step.attempts(), step.outcome());
        }
    }

    // The cause is removed, and the run goes on where it failed: what is recorded does not run again.
    REPAIRED.store(true, Ordering::Relaxed);
    let run = workflow.resume(error.run_id().unwrap_or_default()).await?;
    println!("\n{}", run.content);
    Ok(())
}

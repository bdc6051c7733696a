//! A digest of a text or Markdown file: what it says, how it is built, and how long it takes to read.
//!
//! ```text
//! cargo run --example digest -- README.md
//! cargo run --example digest -- README.md --die-after 10
//! cargo run --example digest -- README.md --slowly
//! ```
//!
//! Runs are kept in an SQLite file, whose place it says. The second one is killed when ten steps are done; whoever starts it once more sees it go on
//! after them. The third one shows a run afterwards, event by event, so that one can watch.
//!
//! Where to look: [`workflow`] is the whole program on one page. [`steps`] holds what the nodes do, as plain functions with unit tests.
//! [`model`] holds the types that go from step to step.

#![expect(unreachable_pub, reason = "an example reads better without `pub(crate)`")]

mod model;
mod steps;
mod workflow;

use std::time::Duration;

use agno::{
    EventName, SqliteDb, StepOutcome, StoredRun,
    db::rows::{Prune, RunFilter},
    prelude::*,
    print_events,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use model::Source;
use workflow::Digest;

/// Without an argument the example reads the README of this repository.
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

#[tokio::main]
async fn main() -> agno::Result<()> {
    let Args { path, slowly, die_after } = Args::read(std::env::args().skip(1));
    let file = std::env::temp_dir().join("agno-digest.db");
    let digest = Digest::builder().db(SqliteDb::open(&file).await?).build();
    println!("runs are kept in {}", file.display());

    if let Some(steps) = die_after {
        let mut events = digest.run(Source { path }).store_events(true).stream();
        let mut done = 0;
        while let Some(event) = events.try_next().await? {
            done += usize::from(event.name() == EventName::StepCompleted);
            if done == steps {
                println!("{steps} steps are done, and the process is killed. Start it again without `--die-after`: it goes on there.");
                std::process::abort();
            }
        }
        return Ok(());
    }
    if let Some(cut) = cut_run(&digest, &path).await? {
        let done = cut.steps.iter().filter(|step| step.outcome() == StepOutcome::Completed).count();
        println!("run {} was cut; {done} of its nodes are recorded, and it goes on after them", cut.run_id);
        digest.resume(&*cut.run_id).print().await?;
    } else if slowly {
        let events: Vec<_> = digest.run(Source { path }).stream().collect().await;
        let slowed = stream::iter(events).then(|event| async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            event
        });
        print_events(slowed).await?;
    } else {
        digest.run(Source { path }).print().await?;
    }
    digest.sessions().prune(Prune { keep: Some(100), ..Prune::default() }).await?;
    Ok(())
}

/// The run over this text whose process did not live to its end, if there is one.
async fn cut_run(digest: &Digest, path: &str) -> agno::Result<Option<StoredRun>> {
    let cut =
        RunFilter { workflow_id: Some(Digest::PLAN.id.to_owned()), status: vec![Status::Running], orphaned: true, ..RunFilter::default() };
    let runs = digest.sessions().runs_page(cut).await?;
    Ok(runs.into_iter().find(|run| run.input["path"] == path))
}

/// `digest [FILE] [--slowly] [--die-after STEPS]`
struct Args {
    path: String,
    slowly: bool,
    die_after: Option<usize>,
}

impl Args {
    fn read(mut args: impl Iterator<Item = String>) -> Self {
        let mut read = Self { path: README.to_owned(), slowly: false, die_after: None };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--slowly" => read.slowly = true,
                "--die-after" => read.die_after = args.next().and_then(|steps| steps.parse().ok()).or(Some(10)),
                _ => read.path = arg,
            }
        }
        read
    }
}

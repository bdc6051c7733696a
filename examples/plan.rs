//! A workflow before it runs, and after: its plan as a tree and as a picture, what it can take at most, and a run laid over it.
//!
//! ```text
//! cargo run --example plan                    # the tree, the bounds, and a run
//! cargo run --example plan -- --mermaid       # for Markdown
//! cargo run --example plan -- plan.svg        # a picture of the run
//! ```

use agno::prelude::*;

#[derive(Debug)]
struct Busy;

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the registry is busy")
    }
}

impl std::error::Error for Busy {}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Risk {
    Low,
    High,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Go {
    Yes,
    No,
}

/// Finds what has changed since the last release.
#[step(blocking, timeout = "20s")]
fn changes(version: &str) -> Vec<String> {
    vec![format!("added a plan in {version}"), "fixed a typo".to_owned(), "removed what nobody used".to_owned()]
}

/// Says in one line what a change means for users.
#[step(retry = 2, backoff = "10ms", timeout = "5s")]
async fn explain(change: &str, ctx: &StepContext) -> Result<String, Busy> {
    if change.starts_with("fixed") && ctx.attempt() == 1 {
        return Err(Busy);
    }
    Ok(format!("- {change}"))
}

/// Runs the tests on one platform.
#[step(timeout = "10m")]
async fn test(platform: &str) -> bool {
    !platform.is_empty()
}

#[step]
fn notes(lines: &[String], linux: &bool, mac: &bool) -> String {
    format!("{}\n\nTested on Linux ({linux}) and macOS ({mac}).", lines.join("\n"))
}

/// Whether the notes need another look.
#[step]
fn is_short(notes: &str) -> bool {
    notes.len() < 120
}

#[step]
fn shorten(notes: &str) -> String {
    notes.replace("what nobody used", "dead code").replace("Tested on ", "Runs on ")
}

#[step]
fn risk(notes: &str) -> Risk {
    if notes.contains("removed") { Risk::High } else { Risk::Low }
}

/// Puts the release where everybody can get it.
#[step(effect = once, timeout = "2m")]
async fn publish(notes: &str) -> String {
    format!("published\n{notes}")
}

#[step]
fn held_back(notes: &str) -> String {
    format!("held back\n{notes}")
}

workflow! {
    /// Prepares a release, and publishes it if somebody agrees.
    Release(version: String) -> String {
        parallel work {
            steps log {
                changes;
                each lines |change| (limit = 4, timeout = "1m") { explain; }
            }
            test("linux") as linux;
            test("mac") as mac;
        }
        notes;
        loop edit (max = 3, until = is_short) { shorten; }
        router by_risk (risk) {
            Risk::Low => publish as at_once,
            Risk::High => {
                ask go: Go = "The release removes something. Publish it?" with (timeout = "24h", default = Go::No);
                condition agreed (|go| matches!(go, Go::Yes)) {
                    publish(edit);
                } else {
                    held_back(edit);
                }
            }
        }
    }
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let plan = Release::PLAN;
    let to = std::env::args().nth(1);
    if to.as_deref() == Some("--mermaid") {
        print!("{}", plan.mermaid());
        return Ok(());
    }
    println!("{plan}\n{}\n", plan.bounds());
    for lint in plan.lint() {
        println!("{lint}");
    }

    let workflow = Release::new();
    let paused = workflow.run("1.2.0").outcome().await?;
    println!("{}", plan.overlay(&paused));
    let run = workflow.answer(paused.run_id(), Release::questions().go, Go::Yes).await?;
    let overlay = plan.overlay(&run);
    println!("{overlay}");
    if let Some(path) = to {
        std::fs::write(path, overlay.svg())?;
    }
    Ok(())
}

//! One of many processes that run, take on and answer the same runs, each in an order of its own.
//!
//! `worker ADDRESS RUNS`

use agno::prelude::*;
use agno_durable::{answers, everything, open};

#[tokio::main]
async fn main() -> agno::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().expect("the store's address comes first");
    let runs: usize = args.next().and_then(|runs| runs.parse().ok()).expect("then the number of runs");
    let me = std::process::id() as usize;
    let workflow = everything(open(&address).await?);
    for turn in 0..runs {
        let run_id = format!("run-{}", (turn * 7 + me * 13) % runs);
        let mut outcome = answers().run(workflow.run("a few words here").run_id(&run_id).session(&run_id)).await;
        loop {
            outcome = match outcome {
                Ok(Outcome::Completed(_)) => break,
                // Somebody else has answered, or has just begun the run: it goes on.
                Ok(Outcome::Paused(_)) | Err(RunError::UnknownQuestion { .. } | RunError::Conflict { .. }) => {
                    answers().run(workflow.resume(&run_id)).await
                }
                Err(error) => return Err(error.into()),
            };
        }
    }
    Ok(())
}

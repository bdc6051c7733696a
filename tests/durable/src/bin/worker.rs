//! One of many processes that begin, take on, answer and look at the same runs, each at random. What they do at which of them follows from the seed.
//!
//! `worker ADDRESS RUNS SEED`

use agno::prelude::*;
use agno_durable::{
    open,
    ordering::{ORDER, Ordering, SHIPPED, ordering, yes},
};

/// Random numbers: the generator `xorshift64*`.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        // Seeds that lie close together begin far from each other, and none of them with 0.
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}

/// Whether the run has ended, as this process was told. Anything but what others may have caused is an error.
fn has_ended(outcome: Result<Outcome<String, String>, RunError>) -> Result<bool, RunError> {
    match outcome {
        Ok(Outcome::Completed(run)) => {
            assert_eq!(*run.content, SHIPPED, "{}", run.run_id);
            Ok(true)
        }
        Ok(Outcome::Paused(_)) => Ok(false),
        // Nobody has begun it yet, somebody is just doing so, or has answered before.
        Err(RunError::NotFound { .. } | RunError::Conflict { .. } | RunError::UnknownQuestion { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Does something with a run, and says whether it has ended.
async fn meddle(workflow: &Ordering, run_id: &str, random: &mut Random) -> agno::Result<bool> {
    let begin = || workflow.run(ORDER).run_id(run_id).session(run_id).store_events(true);
    let outcome = match random.below(5) {
        0 => yes().run(begin()).await,
        1 => begin().outcome().await,
        2 => workflow.resume(run_id).outcome().await,
        3 => workflow.answer_json(run_id, "sure", true).outcome().await,
        _ => {
            let status = workflow.get_run(run_id).await?.map(|run| run.status);
            assert!(!matches!(status, Some(Status::Failed | Status::Cancelled)), "{run_id}: {status:?}");
            return Ok(status == Some(Status::Completed));
        }
    };
    Ok(has_ended(outcome)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> agno::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().expect("the store's address comes first");
    let mut number = || args.next().and_then(|number| number.parse::<u64>().ok());
    let runs = number().expect("then the number of runs");
    let mut random = Random::new(number().expect("then the seed"));
    let workflow = ordering(open(&address).await?);
    let mut left: Vec<String> = (0..runs).map(|run| format!("run-{run}")).collect();
    let mut recovered = Vec::new();
    while !left.is_empty() {
        random.shuffle(&mut left);
        let mut open = Vec::new();
        for run_id in left {
            if !meddle(&workflow, &run_id, &mut random).await? {
                open.push(run_id);
            }
        }
        left = open;
        recovered.extend(workflow.recover().await?);
    }
    // All have ended, whoever took them on.
    for handle in recovered {
        assert_eq!(*handle.wait().await?.content, SHIPPED);
    }
    Ok(())
}

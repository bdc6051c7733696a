//! A process that is killed: it runs a workflow, or takes it on, and at one of its writes says so and stands still.
//!
//! `victim ADDRESS everything|rest|late RUN_ID [WRITE before|after]`

use std::io::Write as _;

use agno::{
    Durability, ExtraGiven, WithoutExtra,
    prelude::*,
    testing::{Answers, Doomed},
};
use agno_durable::{answers, everything, open, rest};

/// Runs the workflow, or takes it on. How many writes there were comes after what it gives.
async fn play<W>(workflow: W, answers: Answers, db: &Doomed, run_id: &str) -> agno::Result<()>
where
    W: Workflow<Output = String>,
    WithoutExtra: ExtraGiven<W>,
{
    let outcome = match workflow.get_run(run_id).await? {
        Some(_) => answers.run(workflow.resume(run_id)).await,
        None => answers.run(workflow.run_json("a few words here").run_id(run_id).session(run_id).store_events(true)).await,
    };
    match outcome? {
        Outcome::Completed(run) => println!("{}\n{}", run.content, db.writes()),
        Outcome::Paused(paused) => println!("{paused}"),
    }
    Ok(())
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().expect("the store's address comes first");
    let workflow = args.next().expect("then the workflow");
    let run_id = args.next().expect("then the run's id");
    let mut db = Doomed::new(open(&address).await?);
    if let Some(write) = args.next() {
        let made = args.next().as_deref() == Some("after");
        db = db.at(write.parse().expect("the number of a write"), made).on_death(|| {
            println!("dead");
            std::io::stdout().flush().expect("somebody reads");
            loop {
                std::thread::park();
            }
        });
    }
    match &*workflow {
        "everything" => play(everything(db.clone()), answers(), &db, &run_id).await,
        "rest" => play(rest::rest(db.clone(), Durability::Step), rest::answers(), &db, &run_id).await,
        "late" => play(rest::rest(db.clone(), Durability::Run), rest::answers(), &db, &run_id).await,
        other => panic!("nobody knows the workflow `{other}`"),
    }
}

//! A process that is killed: it runs the workflow, or takes it on, and at one of its writes says so and stands still.
//!
//! `victim ADDRESS RUN_ID [WRITE before|after]`

use std::io::Write as _;

use agno::{prelude::*, testing::Doomed};
use agno_durable::{answers, everything, open};

#[tokio::main]
async fn main() -> agno::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().expect("the store's address comes first");
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
    let workflow = everything(db.clone());
    let outcome = match workflow.get_run(&run_id).await? {
        Some(_) => answers().run(workflow.resume(&run_id)).await,
        None => answers().run(workflow.run("a few words here").run_id(&run_id).session(&run_id).store_events(true)).await,
    };
    match outcome? {
        Outcome::Completed(run) => println!("{}\n{}", run.content, db.writes()),
        Outcome::Paused(paused) => println!("{paused}"),
    }
    Ok(())
}

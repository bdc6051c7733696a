//! A process that does one thing with a run, and says what came of it. With closed gates ([`GATES`](agno_durable::effects::GATES)) it stands still at
//! each step.
//!
//! `player ADDRESS WHAT RUN_ID [step|run|none]`

use agno::{DbError, Durability, prelude::*};
use agno_durable::{
    open,
    ordering::{ORDER, Ordering, labelling, yes},
};

/// What a run came to, as one line.
fn said(outcome: Result<Outcome<String, String>, RunError>) -> String {
    let paused = |paused: &PausedRun| {
        let paths: Vec<_> = paused.questions().iter().map(|question| &*question.path).collect();
        format!("paused {}", paths.join(" "))
    };
    match outcome {
        Ok(Outcome::Completed(run)) => format!("completed {}", run.content),
        Ok(Outcome::Paused(run)) => paused(&run),
        Err(RunError::Paused(run)) => paused(&run),
        Err(RunError::Cancelled { .. }) => "cancelled".to_owned(),
        Err(RunError::Db { error, .. }) => said_of(&error),
        Err(error) => format!("error {error}"),
    }
}

/// The kind of an error, and not its text, which is the store's.
fn said_of(error: &DbError) -> String {
    match error {
        DbError::LeaseLost { .. } => "lease lost".to_owned(),
        DbError::ReadOnly { .. } => "read-only".to_owned(),
        DbError::Unavailable { .. } => "unavailable".to_owned(),
        other => format!("store {other}"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> agno::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().expect("the store's address comes first");
    let what = args.next().expect("then what to do");
    let run_id = args.next().expect("then the run's id");
    let durability = match args.next().as_deref() {
        Some("run") => Durability::Run,
        Some("none") => Durability::None,
        _ => Durability::Step,
    };
    let db = match open(&address).await {
        Ok(db) => db,
        Err(error) => {
            println!("{}", said_of(&error));
            return Ok(());
        }
    };
    let (orders, labels) = (Ordering::builder().durability(durability).db(db.clone()).build(), labelling(db));
    let begin = || orders.run(ORDER).run_id(&run_id).session(&run_id);
    match &*what {
        "run" => println!("{}", said(yes().run(begin()).await)),
        "begin" => println!("{}", said(begin().outcome().await)),
        "resume" => println!("{}", said(yes().run(orders.resume(&run_id)).await)),
        "label" => println!("{}", said(labels.run("abc").run_id(&run_id).outcome().await)),
        "cancel" => match orders.cancel(&run_id).await {
            Ok(()) => println!("told"),
            Err(error) => println!("error {error}"),
        },
        "background" => {
            let handle = begin().background().await?;
            println!("recorded");
            println!("{}", said(handle.wait().await.map(Outcome::Completed)));
        }
        "recover" => {
            for handle in orders.recover().await? {
                println!("recovered {} {}", handle.id(), said(handle.wait().await.map(Outcome::Completed)));
            }
        }
        other => panic!("nobody knows what `{other}` is"),
    }
    // A step that was cancelled at its gate has left a thread that reads.
    std::process::exit(0)
}

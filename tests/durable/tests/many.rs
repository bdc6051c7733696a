//! Many processes at the same runs: each step of each runs once, and each run ends once.

use std::{
    path::Path,
    process::{Child, Command},
};

use agno::{
    Event, EventName, Status,
    db::rows::RunFilter,
    testing::{grammar, grammar::Extent},
};
use agno_durable::{EFFECTS, effects_in, open, ordering::ordering};
use futures_util::StreamExt as _;

/// How many runs there are. Each process turns to each of them, mostly several times.
const RUNS: usize = 200;

/// What a run does outside.
const STEPS: [&str; 4] = ["book", "quote/price", "quote/weigh", "ship"];

async fn many(address: &str, folder: &Path, processes: usize) {
    let effects = folder.join("effects");
    let worker = |seed: usize| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
        command.args([address, &RUNS.to_string(), &seed.to_string()]).env(EFFECTS, &effects).spawn().expect("it starts")
    };
    let workers: Vec<Child> = (0..processes).map(worker).collect();
    for (seed, mut worker) in workers.into_iter().enumerate() {
        assert!(worker.wait().expect("it ends").success(), "worker {seed}");
    }
    let reader = ordering(open(address).await.expect("it opens"));
    let completed = RunFilter { status: vec![Status::Completed], ..RunFilter::default() };
    let completed = reader.sessions().runs_page(completed).await.expect("it answers");
    assert_eq!(completed.len(), RUNS, "each run has ended");
    for run in completed {
        let effects = effects_in(&effects, &run.run_id);
        assert!(effects.keys().eq(&STEPS) && effects.values().all(|times| *times == 1), "{}: {effects:?}", run.run_id);
        assert_eq!(run.state, Some(serde_json::json!({ "booked": [48] })), "{}: the state has changed once", run.run_id);
        let events: Vec<Event> = reader.events(&*run.run_id, 0).await.expect("are kept").map(|event| (*event).clone()).collect().await;
        grammar::check(&events, Extent::Whole).unwrap_or_else(|error| panic!("{}: {error}", run.run_id));
        let ends = events.iter().filter(|event| event.path.is_empty() && event.name() == EventName::WorkflowCompleted).count();
        assert_eq!(ends, 1, "{} has ended once", run.run_id);
    }
}

#[tokio::test]
async fn at_one_file() {
    let folder = tempfile::tempdir().expect("there is a place");
    let file = folder.path().join("agno.db").display().to_string();
    many(&file, folder.path(), 8).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn at_one_server() {
    let folder = tempfile::tempdir().expect("there is a place");
    let url = std::env::var("AGNO_TEST_POSTGRES").expect("AGNO_TEST_POSTGRES names a server: run this under `scripts/postgres run -- …`");
    many(&format!("{url}#many_{}", std::process::id()), folder.path(), 32).await;
}

//! Many processes at the same runs: each step of each runs once.

use std::{
    path::Path,
    process::{Child, Command},
};

use agno::{Status, db::rows::RunFilter};
use agno_durable::{EFFECTS, effects_in, everything, open};

async fn many(address: &str, folder: &Path, processes: usize, runs: usize) {
    let effects = folder.join("effects");
    let worker = || Command::new(env!("CARGO_BIN_EXE_worker")).args([address, &runs.to_string()]).env(EFFECTS, &effects).spawn();
    let workers: Vec<Child> = (0..processes).map(|_| worker().expect("it starts")).collect();
    for mut worker in workers {
        assert!(worker.wait().expect("it ends").success());
    }
    let reader = everything(open(address).await.expect("it opens"));
    let completed = RunFilter { status: vec![Status::Completed], ..RunFilter::default() };
    let completed = reader.sessions().runs_page(completed).await.expect("it answers");
    assert_eq!(completed.len(), runs, "each run has ended once");
    for run in completed {
        let effects = effects_in(&effects, &run.run_id);
        assert!(effects.len() > 20, "{effects:?}");
        // One step fails at first, on purpose.
        assert!(effects.iter().all(|(path, times)| *times == 1 + usize::from(path == "fails_first")), "{}: {effects:?}", run.run_id);
    }
}

#[tokio::test]
async fn at_one_file() {
    let folder = tempfile::tempdir().expect("there is a place");
    let file = folder.path().join("agno.db").display().to_string();
    many(&file, folder.path(), 8, 20).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn at_one_server() {
    let folder = tempfile::tempdir().expect("there is a place");
    let url = std::env::var("AGNO_TEST_POSTGRES").expect("AGNO_TEST_POSTGRES names a server: run this under `scripts/postgres run -- …`");
    many(&format!("{url}#many_{}", std::process::id()), folder.path(), 16, 40).await;
}

//! What commits cost, beside raw inserts through the same driver in the same run. `scripts/postgres bench -- cargo bench -p agno-benches --bench stores`.
//!
//! A word after `--` measures only what has it in its name: `-- PostgreSQL`, `-- FULL`, `-- sessions`.

mod floor;
mod many;
mod rows;
mod sessions;
mod workflow;

use std::{path::PathBuf, sync::Arc, time::Instant};

use agno::db::{PostgresDb, SqliteDb, Store, Synchronous};
use sqlx::sqlite::SqliteSynchronous;

use self::{
    floor::Floor,
    many::{Throughput, at_once},
    rows::{bare_commits, begun, whole_run},
};

/// Steps of a run, and commits.
const STEPS: usize = 5;
/// Runs at once.
const TASKS: usize = 32;

fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn micros(from: Instant) -> f64 {
    from.elapsed().as_secs_f64() * 1e6
}

/// How much is measured.
#[derive(Clone, Copy)]
struct Size {
    runs: usize,
    rounds: usize,
    /// Runs of an old session.
    old: usize,
}

/// One store beside its floor.
async fn measure(name: &str, store: Store, mut floor: Floor, Size { runs, rounds, .. }: Size) {
    let mut samples = [const { Vec::new() }; 3];
    let mut many = [const { Vec::new() }; 3];
    let run_id = begun(&*store).await;
    for round in 0..rounds {
        for run in 0..runs {
            let number = round * runs + run;
            let from = Instant::now();
            floor.run(number as i64).await;
            samples[0].push(micros(from));
            let from = Instant::now();
            bare_commits(&*store, &run_id, number).await;
            samples[1].push(micros(from));
            let from = Instant::now();
            whole_run(&*store, None).await;
            samples[2].push(micros(from));
        }
        let (back, throughput) = floor.at_once((10_000_000 + round * runs * TASKS) as i64, runs).await;
        floor = back;
        many[0].push(throughput);
        let mut ids = Vec::new();
        for _ in 0..TASKS {
            ids.push(begun(&*store).await);
        }
        let bare = at_once(runs, |task| {
            let (store, run_id) = (store.clone(), Arc::clone(&ids[task]));
            async move {
                for round in 0..runs {
                    bare_commits(&*store, &run_id, round).await;
                }
            }
        });
        many[1].push(bare.await);
        let whole = at_once(runs, |_| {
            let store = store.clone();
            async move {
                for _ in 0..runs {
                    whole_run(&*store, None).await;
                }
            }
        });
        many[2].push(whole.await);
    }
    let [raw, bare, whole] = samples.map(|mut samples| median(&mut samples));
    println!("{name}");
    println!("  five raw inserts                {raw:>8.0} us");
    println!("  five commits of a run           {bare:>8.0} us   {:.2} x", bare / raw);
    println!("  a whole run of five steps       {whole:>8.0} us   {:.2} x", whole / raw);
    workflow::five(&store, &mut floor, runs * rounds).await;
    let [by_hand, bare, whole] = many.map(Throughput::median);
    println!("  {TASKS} at once by hand              {by_hand}");
    println!("  commits of {TASKS} runs at once      {}", bare.over(&by_hand));
    println!("  {TASKS} whole runs at once           {}", whole.over(&by_hand));
    floor.close().await;
}

fn main() {
    // `cargo test --benches` only asks whether it runs.
    let small = Size { runs: 2, rounds: 1, old: 64 };
    let (size, only) = if std::env::args().any(|argument| argument == "--bench") {
        let only = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
        (Size { runs: 100, rounds: 5, old: 10_000 }, only.unwrap_or_default())
    } else {
        (small, String::new())
    };
    let is_asked = |name: &str| name.contains(&only);
    let folder: PathBuf = std::env::temp_dir().join(format!("agno-benches-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for (name, ours, theirs) in [
            ("SQLite, FULL", Synchronous::Full, SqliteSynchronous::Full),
            ("SQLite, NORMAL", Synchronous::Normal, SqliteSynchronous::Normal),
        ] {
            if is_asked(name) {
                let path = folder.join(format!("{ours:?}.db"));
                let db = SqliteDb::options().synchronous(ours).open(&path).await.expect("a database");
                let floor = Floor::sqlite(&folder.join(format!("{ours:?}-floor.db")), theirs).await;
                measure(name, db.into(), floor, size).await;
            }
        }
        let name = "SQLite, NORMAL, sessions and records";
        if is_asked(name) {
            let path = folder.join("old.db");
            let db = SqliteDb::options().synchronous(Synchronous::Normal).open(&path).await.expect("a database");
            println!("{name}");
            sessions::measure(&db.into(), size, Some(&path)).await;
        }
        let Ok(url) = std::env::var("AGNO_TEST_POSTGRES") else {
            println!("PostgreSQL: left out, since AGNO_TEST_POSTGRES is not set");
            return;
        };
        let db = || async { PostgresDb::options().schema("benches").connect(&url).await.expect("a database") };
        let name = "PostgreSQL";
        if is_asked(name) {
            measure(name, db().await.into(), Floor::postgres(&url).await, size).await;
        }
        let name = "PostgreSQL, sessions and records";
        if is_asked(name) {
            println!("{name}");
            sessions::measure(&db().await.into(), size, None).await;
        }
    });
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

//! Sessions that are old, and runs that are long.

use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

use agno::db::{Db, Store};
use futures_util::future::join_all;

use super::{
    STEPS, Size, TASKS, median, micros,
    rows::{begin, commit, content, new_id, whole_run},
    workflow,
};

pub(super) async fn measure(db: &Store, Size { runs, old, .. }: Size, file: Option<&Path>) {
    old_session(&**db, old).await;
    if let Some(file) = file {
        let steps = ((old + 600) * STEPS) as u64;
        println!("  bytes a step, {} of content     {:>8}", content().to_string().len(), bytes(file) / steps);
    }
    workflow::old_session(db, runs).await;
    reading(&**db, 1_000).await;
    workflow::resume(db).await;
}

/// The first run of a session beside its ten-thousandth.
async fn old_session(db: &dyn Db, runs: usize) {
    let sample = async || {
        let mut samples = Vec::new();
        for _ in 0..runs.min(300) {
            let from = Instant::now();
            whole_run(db, Some("old")).await;
            samples.push(micros(from));
        }
        median(&mut samples)
    };
    let new = sample().await;
    join_all((0..TASKS).map(async |_| {
        for _ in 0..runs / TASKS {
            whole_run(db, Some("old")).await;
        }
    }))
    .await;
    let old = sample().await;
    println!("  run 1 and run {runs} of a session{new:>8.0} us, {old:.0} us   {:.2} x (budget 1.3)", old / new);
    let mut samples = Vec::new();
    for _ in 0..20 {
        let from = Instant::now();
        black_box(db.history("old", Some(5)).await.expect("history"));
        samples.push(micros(from));
    }
    println!("  its last five turns             {:>8.0} us", median(&mut samples));
}

async fn reading(db: &dyn Db, records: usize) {
    let run_id: Arc<str> = new_id();
    let mut first = commit(&run_id, 0);
    first.begin = Some(begin(&run_id, None));
    first.records.extend((1..records).flat_map(|step| commit(&run_id, step).records));
    db.commit(first).await.expect("a run");
    let mut samples = Vec::new();
    for _ in 0..20 {
        let from = Instant::now();
        black_box(db.records(&run_id).await.expect("records"));
        samples.push(micros(from));
    }
    println!("  reading {records} records           {:>8.0} us", median(&mut samples));
}

fn bytes(path: &Path) -> u64 {
    ["", "-wal"].iter().filter_map(|end| std::fs::metadata(format!("{}{end}", path.display())).ok()).map(|file| file.len()).sum()
}

//! Whole workflows over a store, as users run them.

use std::{hint::black_box, time::Instant};

use agno::{db::Store, prelude::*};

use super::{STEPS, floor::Floor, median, micros, rows::content};

/// What a step gives: as much as in the rows of the other measurements.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Text {
    id: u32,
    n: u32,
    text: String,
}

fn text() -> Text {
    serde_json::from_value(content()).expect("the same content")
}

#[step]
async fn pass(text: &Text) -> Text {
    Text { n: text.n + 1, ..text.clone() }
}

#[step]
async fn breaks(_text: &Text) -> Result<Text, std::io::Error> {
    Err(std::io::Error::other("here it ends"))
}

workflow! {
    Five(text: Text) -> Text { pass as one; pass as two; pass as three; pass as four; pass as five; }
}

workflow! {
    Thousand(text: Text) -> Text {
        loop turns (max = 500) { pass; }
        breaks;
    }
}

/// A workflow of five steps, beside as many raw inserts.
pub(super) async fn five(db: &Store, floor: &mut Floor, runs: usize) {
    let wf = Five::builder().db(db.clone()).build();
    let mut samples = [const { Vec::new() }; 2];
    for run in 0..runs {
        let from = Instant::now();
        floor.run(1_000_000 + run as i64).await;
        samples[0].push(micros(from));
        let from = Instant::now();
        black_box(wf.run(text()).await.expect("it completes"));
        samples[1].push(micros(from));
    }
    let [floor, run] = samples.map(|mut samples| median(&mut samples));
    println!("  a workflow of {STEPS} steps            {run:>8.0} us   {:.2} x", run / floor);
}

/// A run of an old session beside one of a new session, in turns.
pub(super) async fn old_session(db: &Store, runs: usize) {
    let wf = Five::builder().db(db.clone()).build();
    let mut samples = [const { Vec::new() }; 2];
    for run in 0..runs {
        for (samples, session) in samples.iter_mut().zip([format!("new {run}"), "old".to_owned()]) {
            let from = Instant::now();
            black_box(wf.run(text()).session(session).await.expect("it completes"));
            samples.push(micros(from));
        }
    }
    let [new, old] = samples.map(|mut samples| median(&mut samples));
    println!("  a workflow in a new and in that session  {new:.0} us, {old:.0} us   {:.2} x (budget 1.3)", old / new);
}

/// A run with a thousand records that is taken on, beside reading them.
pub(super) async fn resume(db: &Store) {
    let wf = Thousand::builder().db(db.clone()).build();
    let run_id = uuid::Uuid::now_v7().to_string();
    wf.run(text()).run_id(&run_id).await.expect_err("its last step fails");
    let mut samples = [const { Vec::new() }; 2];
    for _ in 0..20 {
        let from = Instant::now();
        let records = db.records(&run_id).await.expect("records");
        samples[0].push(micros(from));
        assert!(records.len() > 1_000);
        let from = Instant::now();
        black_box(wf.resume(&run_id).await.expect_err("its last step fails again"));
        samples[1].push(micros(from));
    }
    let [reading, resumed] = samples.map(|mut samples| median(&mut samples));
    println!(
        "  resume with 1000 records        {resumed:>8.0} us, reading them {reading:.0} us   {:.1} ms more (budget 10)",
        (resumed - reading) / 1_000.0
    );
}

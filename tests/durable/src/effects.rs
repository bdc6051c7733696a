//! What steps do outside: a line in a file for each time that one ran. And gates, at which they wait until another process lets them go on.

use std::{collections::BTreeMap, io::Write as _, path::Path, sync::Mutex};

use agno::prelude::*;
use tokio::io::{AsyncBufReadExt as _, BufReader, Stdin, stdin};

/// What happened in this process: the run, and the path of the step.
static DONE: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// The variable that names the file in which effects of several processes are gathered.
pub const EFFECTS: &str = "AGNO_DURABLE_EFFECTS";

/// The variable that closes the gates: each step says `at …` and waits for a line.
pub const GATES: &str = "AGNO_DURABLE_GATES";

/// A step ran, and did what it does outside.
pub fn did(ctx: &StepContext) {
    match std::env::var_os(EFFECTS) {
        Some(file) => {
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file).expect("the file of effects opens");
            // One write: lines of several processes do not mix.
            let line = format!("{} {} {} {}\n", ctx.run_id(), ctx.path(), ctx.attempt(), ctx.idempotency_key());
            file.write_all(line.as_bytes()).expect("an effect is written");
        }
        None => DONE.lock().expect("nobody panics with it").push((ctx.run_id().to_owned(), ctx.path())),
    }
}

/// The same, and then it stands at the gate, if gates are closed: what it did is done, and not recorded.
pub(crate) async fn did_at_gate(ctx: &StepContext) {
    static GATE: tokio::sync::Mutex<Option<BufReader<Stdin>>> = tokio::sync::Mutex::const_new(None);
    did(ctx);
    if std::env::var_os(GATES).is_some() {
        println!("at {}", ctx.path());
        // Where two stand at once, each line lets one of them go on. If nobody is there any more to write one, all do.
        let mut gate = GATE.lock().await;
        gate.get_or_insert_with(|| BufReader::new(stdin())).read_line(&mut String::new()).await.expect("a line");
    }
}

/// How often each step of a run did what it does, in this process.
///
/// # Panics
/// A step panicked while it wrote.
pub fn effects_here(run_id: &str) -> BTreeMap<String, usize> {
    let done = DONE.lock().expect("nobody panics with it");
    count(done.iter().filter(|(run, _)| run == run_id).map(|(_, path)| path.clone()))
}

/// The same, of all processes that wrote into a file.
pub fn effects_in(file: &Path, run_id: &str) -> BTreeMap<String, usize> {
    count(keys_in(file, run_id).into_iter().map(|done| done.path))
}

/// One effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The step's path.
    pub path: String,
    /// The number of the attempt.
    pub attempt: u32,
    /// The key that it was given.
    pub key: String,
}

/// All effects of a run, of all processes that wrote into a file, in order.
///
/// # Panics
/// The file was written by something else.
pub fn keys_in(file: &Path, run_id: &str) -> Vec<Done> {
    // Nobody has written yet where there is no file.
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let done = lines.filter_map(|line| match line[..] {
        [run, path, attempt, key] => {
            let attempt = attempt.parse().expect("a number");
            (run == run_id).then(|| Done { path: path.to_owned(), attempt, key: key.to_owned() })
        }
        ref other => panic!("this is no effect: {other:?}"),
    });
    done.collect()
}

fn count(paths: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for path in paths {
        *count.entry(path).or_default() += 1;
    }
    count
}

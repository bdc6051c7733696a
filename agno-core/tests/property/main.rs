//! Random plans, cut at random, come to the same as without cuts.
//!
//! A plan is a tree of nodes of all kinds ([`tree`], [`generate`]). It is run over the surface that generated code calls ([`flow`], [`steps`]), and beside
//! that by plain recursion ([`model`]), which says what must come of it. Every plan runs twice: as it is and without a store; and in a store, leg by leg,
//! each leg by another owner, where stores die at a write and futures are dropped ([`drive`]). A person answers in between. Then ([`mod@check`]):
//! output, failure, state and media are the same; the events are a sentence of the grammar, without a gap; what is recorded has not run again; what
//! runs once has run twice only if the person said so.
//!
//! The cases are the same in every run. `AGNO_PROPERTY_CASES=10000` runs the long form (without it 240 in memory, and a twelfth of that in SQLite files),
//! `AGNO_PROPERTY_SEED=7` other cases. A failure is shrunk, and shows the plan and its cuts.

mod check;
mod drive;
mod expected;
mod flow;
mod found;
mod generate;
mod here;
mod model;
mod names;
mod steps;
mod tree;
mod values;

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use agno_core::{
    Db, InMemoryDb,
    db::{SqliteDb, Synchronous},
};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner},
};

use crate::{
    drive::{Open, run_cut, run_whole},
    generate::{Case, case, case_in_real_time},
    values::value,
};

const CASES: u32 = 240;

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")))
}

/// Tries random cases; a `share` of them where one case takes long.
fn for_all(cases: impl Strategy<Value = Case>, share: u32, test: impl Fn(Case) -> Result<Legs, String>) {
    let wanted = number("AGNO_PROPERTY_CASES").map_or(CASES, |cases| u32::try_from(cases).expect("not that many")) / share;
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("AGNO_PROPERTY_SEED").unwrap_or_default().to_le_bytes());
    let config =
        Config { cases: wanted, failure_persistence: None, max_shrink_iters: 20_000, max_shrink_time: 60_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let sums: [AtomicU32; 3] = Default::default();
    let result = runner.run(&cases, |case| {
        let legs = test(case).map_err(TestCaseError::fail)?;
        for (sum, more) in sums.iter().zip([legs.all, legs.cut, legs.died]) {
            sum.fetch_add(more, Relaxed);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error:#}");
    }
    let [all, cut, died] = sums.map(AtomicU32::into_inner);
    println!("{wanted} plans, {all} legs, {cut} of them cut: {died} by the death of the store");
    assert!(cut >= wanted, "the cuts do not come");
}

/// Runs a test where there is room: without optimisation, an interpreter that polls nodes in nodes in nodes takes more than a test's thread has.
fn deep(test: impl FnOnce() + Send) {
    const STACK: usize = 64 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, test).expect("a thread");
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// How many legs there were.
#[derive(Debug)]
struct Legs {
    all: u32,
    cut: u32,
    died: u32,
}

/// Runs a case as it is, then cut, and compares both with the model.
async fn try_case(mut case: Case, open: Open<'_>) -> Result<Legs, String> {
    let input = value(1);
    let expected = model::run(&mut case.tree, &input);
    let about = |what: &str, error: String| format!("{what}: {error}\n{expected:#?}");
    let whole = run_whole(&case, &input).await.map_err(|error| about("the run without cuts", error))?;
    check::check(&case, &expected, &whole).map_err(|error| about("the run without cuts", error))?;
    let came = run_cut(&case, &input, open).await.map_err(|error| about("the run with cuts", error))?;
    check::check(&case, &expected, &came).map_err(|error| about("the run with cuts", error))?;
    Ok(Legs { all: came.legs, cut: came.cuts, died: came.deaths })
}

/// The same in a store in memory, on a clock that does not wait.
fn in_memory(case: Case) -> Result<Legs, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime");
    let db = InMemoryDb::new();
    runtime.block_on(try_case(case, &|| {
        let db: Arc<dyn Db> = Arc::new(db.another_owner());
        Box::pin(async { db })
    }))
}

#[test]
fn random_plans_come_through_random_cuts() {
    deep(|| for_all(case(), 1, in_memory));
}

#[test]
fn random_plans_come_through_random_cuts_in_a_file() {
    deep(|| {
        for_all(case_in_real_time(), 12, |case| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join("runs.db");
            runtime.block_on(try_case(case, &|| {
                let file = file.clone();
                Box::pin(async move {
                    let db = SqliteDb::options().synchronous(Synchronous::Normal).open(file).await.expect("a database");
                    Arc::new(db) as Arc<dyn Db>
                })
            }))
        });
    });
}

//! A PostgreSQL server that goes away in the middle of runs, and connections that do.

use std::{cell::Cell, path::Path, process::Command};

use agno::{DbError, PostgresDb, prelude::*};
use agno_durable::{Everything, effects_here, everything};
use futures_util::future::{join, join_all};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use crate::{
    support::soon,
    whole::{check_cut, run, whole},
};

/// So many runs go on at once.
const RUNS: usize = 6;

/// Runs a workflow to its end, whatever happens meanwhile to its store. How often it had to be taken on again.
async fn insist(workflow: &Everything, run_id: &str) -> usize {
    let mut cuts = 0;
    loop {
        match run(workflow, run_id).await {
            Ok(Outcome::Completed(output)) => {
                check_cut(run_id, &output.content, cuts).await;
                return cuts;
            }
            Err(RunError::Db { error: error @ DbError::Unavailable { .. }, .. }) => {
                assert!(error.is_transient());
                cuts += 1;
            }
            // It was let go while the store did not hear of it, or the same call was made twice.
            other => panic!("{run_id}: {other:?}"),
        }
    }
}

/// Runs several at once, while `disturb` is called again and again, each time after a few steps more. How often they had to be taken on again.
async fn runs_survive(workflow: &Everything, name: &str, mut disturb: impl AsyncFnMut()) -> usize {
    let steps: usize = whole().await.effects.values().sum();
    let (ids, left): (Vec<String>, _) = ((0..RUNS).map(|run| format!("{name}-{run}")).collect(), Cell::new(RUNS));
    let done = || ids.iter().flat_map(|run_id| effects_here(run_id).into_values()).sum::<usize>();
    let work = join_all(ids.iter().map(async |run_id| {
        let cuts = insist(workflow, run_id).await;
        left.set(left.get() - 1);
        cuts
    }));
    let disturbing = async {
        // As many times as there are steps in one of them: at the beginning, the middle and the end of runs.
        for next in (1..).map(|time| time * RUNS).take(steps) {
            while left.get() > 0 && done() < next {
                tokio::task::yield_now().await;
            }
            if left.get() == 0 {
                break;
            }
            disturb().await;
        }
    };
    let (cuts, ()) = soon(join(work, disturbing)).await;
    cuts.into_iter().sum()
}

/// A database of its own on the server of the tests, so that its connections can be told from others'.
async fn database(name: &str) -> (PgConnection, String) {
    let url = std::env::var("AGNO_TEST_POSTGRES").expect("AGNO_TEST_POSTGRES names a server: run this under `scripts/postgres run -- …`");
    let name = format!("{name}_{}", std::process::id());
    let mut server = PgConnection::connect(&url).await.expect("a connection");
    server.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("a database");
    let (server_url, _) = url.rsplit_once('/').expect("a URL with a database");
    (server, format!("{server_url}/{name}"))
}

#[tokio::test]
async fn connections_are_cut() {
    let (mut server, url) = database("cut").await;
    let workflow = everything(PostgresDb::connect(&url).await.expect("it opens"));
    let cut = Cell::new(0);
    let (_, name) = url.rsplit_once('/').expect("it was made so");
    let terminate = format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'");
    runs_survive(&workflow, "cut", async || {
        let row = sqlx::query(AssertSqlSafe(terminate.clone())).fetch_one(&mut server).await.expect("they are cut");
        cut.set(cut.get() + row.get::<i64, _>(0));
    })
    .await;
    assert!(cut.get() >= 10, "{} connections were cut", cut.get());
}

#[tokio::test]
async fn a_server_is_restarted() {
    let folder = tempfile::tempdir().expect("there is a place");
    // PostgreSQL's own user has to get there.
    Command::new("chmod").arg("755").arg(folder.path()).status().expect("it is ours");
    let place = folder.path().join("server");
    let server = Server::start(&place);
    let workflow = everything(PostgresDb::connect(&server.url).await.expect("it opens"));
    let restarts = Cell::new(0);
    runs_survive(&workflow, "restarted", async || {
        if restarts.get() < 4 {
            restarts.set(restarts.get() + 1);
            // Elsewhere, so that the runs meet a server that is not there.
            let place = place.clone();
            tokio::task::spawn_blocking(move || script("restart", &place)).await.expect("it is restarted");
        }
    })
    .await;
    assert_eq!(restarts.get(), 4);
}

fn script(command: &str, place: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres");
    let done = Command::new(script).arg(command).arg(place).output().expect("the script runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("a URL").trim().to_owned()
}

/// A server of one test. It is stopped with this value.
struct Server<'p> {
    place: &'p Path,
    url: String,
}

impl<'p> Server<'p> {
    fn start(place: &'p Path) -> Self {
        Self { place, url: script("start", place) }
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        script("stop", self.place);
    }
}

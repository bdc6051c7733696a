//! A PostgreSQL server that goes away in the middle of runs, and connections that do.

use std::{cell::Cell, fs, path::Path, process::Command};

use agno::{DbError, PostgresDb, prelude::*};
use agno_durable::{Everything, effects_here, everything};
use futures_util::{
    FutureExt as _,
    future::{join, join_all},
};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use crate::{
    full::Disk,
    support::{server, soon},
    whole::{check_cut, check_goes_on, rest, run, run_until, store_error, whole},
};

/// So many runs go on at once.
const RUNS: usize = 6;

/// Runs a workflow to its end, whatever happens meanwhile to its store. Where nobody was told of it, no step may have run again.
async fn insist(workflow: &Everything, run_id: &str) {
    let mut cuts = 0;
    loop {
        match run(workflow, run_id).await {
            Ok(Outcome::Completed(output)) => {
                return check_cut(run_id, &output.content, cuts).await;
            }
            Err(RunError::Db { error: error @ DbError::Unavailable { .. }, .. }) => {
                assert!(error.is_transient());
                cuts += 1;
            }
            other => panic!("{run_id}: {other:?}"),
        }
    }
}

/// Runs several at once, while `disturb` is called again and again, each time after a few steps more.
async fn runs_survive(workflow: &Everything, name: &str, mut disturb: impl AsyncFnMut()) {
    let steps: usize = whole().await.effects.values().sum();
    let (ids, left): (Vec<String>, _) = ((0..RUNS).map(|run| format!("{name}-{run}")).collect(), Cell::new(RUNS));
    let done = || ids.iter().flat_map(|run_id| effects_here(run_id).into_values()).sum::<usize>();
    let work = join_all(ids.iter().map(async |run_id| {
        insist(workflow, run_id).await;
        left.set(left.get() - 1);
    }));
    let disturbing = async {
        // At the beginning of runs, in the middle and at the end.
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
    soon(join(work, disturbing)).await;
}

/// A database of its own on the server of the tests, so that its connections can be told from others'.
struct Database {
    server: PgConnection,
    name: String,
    url: String,
}

impl Database {
    /// `with`: how it is made.
    async fn new(name: &str, with: &str) -> Self {
        let url = server();
        let name = format!("{name}_{}", std::process::id());
        let mut server = PgConnection::connect(&url).await.expect("a connection");
        server.execute(AssertSqlSafe(format!("CREATE DATABASE {name} {with}"))).await.expect("a database");
        let (server_url, _) = url.rsplit_once('/').expect("a URL with a database");
        let url = format!("{server_url}/{name}");
        Self { server, name, url }
    }

    async fn open(&self) -> Everything {
        everything(PostgresDb::connect(&self.url).await.expect("it opens"))
    }

    /// Cuts all connections, and says how many there were.
    async fn cut(&mut self) -> i64 {
        let terminate = format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{}'", self.name);
        let row = sqlx::query(AssertSqlSafe(terminate)).fetch_one(&mut self.server).await.expect("they are cut");
        row.get(0)
    }

    /// Whether it may be written, from now on.
    async fn writable(&mut self, writable: bool) {
        let read_only = if writable { "off" } else { "on" };
        let alter = format!("ALTER DATABASE {} SET default_transaction_read_only = {read_only}", self.name);
        self.server.execute(AssertSqlSafe(alter)).await.expect("it is altered");
        self.cut().await;
    }
}

#[tokio::test]
async fn connections_are_cut() {
    let mut database = Database::new("cut", "").await;
    let (workflow, mut cut) = (database.open().await, 0);
    runs_survive(&workflow, "cut", async || cut += database.cut().await).await;
    assert!(cut >= 10, "{cut} connections were cut");
}

#[tokio::test]
async fn a_database_becomes_read_only() {
    let mut database = Database::new("read_only", "").await;
    let workflow = database.open().await;
    let mut refused = 0;
    for events in (0..).step_by(25) {
        let run_id = format!("read-only-{events}");
        let Some(stream) = run_until(&workflow, &run_id, events).await else { break };
        database.writable(false).await;
        match store_error(rest(stream).await) {
            Some(DbError::ReadOnly { .. }) => refused += 1,
            None => {}
            other => panic!("after {events} events: {other:?}"),
        }
        database.writable(true).await;
        check_goes_on(&workflow, &run_id).await;
    }
    assert!(refused > 1, "{refused} runs were refused");
}

/// The database's files lie on a small disk, the server's own elsewhere.
#[tokio::test]
async fn a_disk_of_the_server_is_full() {
    let folder = tempfile::tempdir().expect("there is a place");
    Command::new("chmod").arg("755").arg(folder.path()).status().expect("it is ours");
    let place = folder.path().join("disk");
    fs::create_dir(&place).expect("there is room");
    // Where nothing may be mounted, a limit takes the disk's place.
    let Some(disk) = Disk::mount(&place) else { return check_limited("limited-disk").await };
    let space = place.join("space");
    fs::create_dir(&space).expect("there is room");
    Command::new("chown").arg("postgres").arg(&space).status().expect("it is ours");
    let tablespace = format!("small_{}", std::process::id());
    let mut server = PgConnection::connect(&server()).await.expect("a connection");
    let create = format!("CREATE TABLESPACE {tablespace} LOCATION '{}'", space.display());
    server.execute(AssertSqlSafe(create)).await.expect("a tablespace");
    let database = Database::new("full", &format!("TABLESPACE {tablespace}")).await;
    let workflow = database.open().await;
    let mut refused = 0;
    for events in (0..).step_by(15) {
        let run_id = format!("full-server-{events}");
        let Some(stream) = run_until(&workflow, &run_id, events).await else { break };
        disk.fill();
        match store_error(rest(stream).await) {
            Some(DbError::Full { .. }) => refused += 1,
            None => {}
            other => panic!("after {events} events: {other:?}"),
        }
        disk.make_room();
        check_goes_on(&workflow, &run_id).await;
    }
    assert!(refused > 1, "{refused} runs found no room");
    // Before the disk goes.
    let drop = format!("DROP DATABASE {} WITH (FORCE)", database.name);
    server.execute(AssertSqlSafe(drop)).await.expect("it is gone");
    server.execute(AssertSqlSafe(format!("DROP TABLESPACE {tablespace}"))).await.expect("it is gone");
}

/// Runs on a server that must not write beyond the size of its log's files, which a table comes to as well.
async fn check_limited(name: &str) {
    let folder = tempfile::tempdir().expect("there is a place");
    Command::new("chmod").arg("755").arg(folder.path()).status().expect("it is ours");
    let place = folder.path().join("server");
    let server = Server::start_limited(&place);
    let workflow = everything(PostgresDb::connect(&server.url).await.expect("it opens"));
    let mut raw = PgConnection::connect(&server.url).await.expect("a connection");
    // A page takes a few events only, so that there is always need of more.
    raw.execute("ALTER TABLE agno.events SET (fillfactor = 10, autovacuum_enabled = false)").await.expect("it is altered");
    let mut refused = 0;
    for events in (0..).step_by(15) {
        let run_id = format!("{name}-{events}");
        let Some(stream) = run_until(&workflow, &run_id, events).await else { break };
        let fill = "INSERT INTO agno.events SELECT -1, number, repeat('x', 700) FROM generate_series(1, 100000) AS number";
        raw.execute(fill).await.expect_err("there is no room for so many");
        match store_error(rest(stream).await) {
            Some(error @ DbError::Full { .. }) => {
                assert!(error.is_transient());
                refused += 1;
            }
            None => {}
            other => panic!("after {events} events: {other:?}"),
        }
        raw.execute("VACUUM agno.events").await.expect("there is room again");
        check_goes_on(&workflow, &run_id).await;
    }
    assert!(refused > 1, "{refused} runs found no room");
}

#[tokio::test]
async fn a_server_whose_files_must_not_grow() {
    check_limited("limited-server").await;
}

#[tokio::test]
async fn a_table_is_locked_for_a_while() {
    let database = Database::new("locked", "").await;
    let workflow = database.open().await;
    let mut other = PgConnection::connect(&database.url).await.expect("a connection");
    other.execute("BEGIN; LOCK TABLE agno.records IN EXCLUSIVE MODE").await.expect("a lock");
    let mut running = Box::pin(run(&workflow, "locked"));
    // Until the server says that somebody waits for it.
    let waits =
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while sqlx::query(waits).fetch_one(&mut other).await.expect("it answers").get::<i64, _>(0) == 0 {
        assert!(running.as_mut().now_or_never().is_none(), "what it has recorded it cannot have stored");
        tokio::task::yield_now().await;
    }
    other.execute("COMMIT").await.expect("the lock goes");
    let outcome = soon(running).await;
    let Ok(Outcome::Completed(output)) = outcome else { panic!("{outcome:?}") };
    check_cut("locked", &output.content, 0).await;
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
        if restarts.get() < 3 {
            restarts.set(restarts.get() + 1);
            // Elsewhere, so that the runs meet a server that is not there.
            let place = place.clone();
            tokio::task::spawn_blocking(move || script("restart", &place)).await.expect("it is restarted");
        }
    })
    .await;
    assert_eq!(restarts.get(), 3);
}

fn script(command: &str, place: &Path) -> String {
    script_within("true", command, place)
}

/// `limit`: a command of the shell that limits what comes after it.
fn script_within(limit: &str, command: &str, place: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/postgres");
    let done = Command::new("bash").args(["-c", &format!("{limit} && exec \"$@\""), "bash"]).arg(script).arg(command).arg(place).output();
    let done = done.expect("the script runs");
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

    /// One whose files may have 16 MiB, as those of its log do from the beginning.
    fn start_limited(place: &'p Path) -> Self {
        Self { place, url: script_within("ulimit -f 16384", "start", place) }
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        script("stop", self.place);
    }
}

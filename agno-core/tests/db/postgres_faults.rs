use std::{cell::Cell, path::Path, process::Command, time::Duration};

use agno_core::{
    DbError,
    db::{
        Db, PostgresDb,
        rows::{Claim, Commit},
    },
};
use futures_util::future::{join, join_all};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use tokio::time::sleep;

use crate::{
    postgres::{open, schema, server},
    support::{Folder, assert_counted, begin, begun, change, count, media, node, write},
};

async fn raw(schema: &str) -> PgConnection {
    let mut connection = PgConnection::connect(&server()).await.expect("a connection");
    connection.execute(AssertSqlSafe(format!("SET search_path TO {schema}"))).await.expect("the schema");
    connection
}

/// Cuts all connections that have a statement, or a lock, in a schema's tables: those of its owners.
async fn cut(connection: &mut PgConnection) -> i64 {
    let cut = "SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l JOIN owners o \
        ON ((l.classid::bigint << 32) | l.objid::bigint) = ('x' || right(replace(o.id, '-', ''), 16))::bit(64)::bigint WHERE l.locktype = 'advisory'";
    let row = sqlx::query(cut).fetch_one(connection).await.expect("connections are cut");
    row.get(0)
}

/// Commits while `disturb` goes on, which is told how many commits there are, and looks whether each was made once.
async fn commits_survive(db: &dyn Db, disturb: impl AsyncFnOnce(&Cell<u64>)) {
    let runs = ["a", "b", "c"];
    for run_id in runs {
        begun(db, run_id).await;
    }
    let (done, made) = (Cell::new(false), Cell::new(0));
    let work = join_all(runs.map(async |run_id| {
        let mut steps = 0;
        while !done.get() {
            count(db, run_id, steps).await.unwrap_or_else(|error| panic!("step {steps} of {run_id}: {error:?}"));
            steps += 1;
            made.set(made.get() + 1);
        }
        steps
    }));
    // What is one statement is repeated in another way than what is several.
    begun(db, "plain").await;
    let plain = async {
        let mut steps = 0;
        while !done.get() {
            write(db, "plain", [node(format!("step {steps}"), steps)]).await.unwrap_or_else(|error| panic!("step {steps}: {error:?}"));
            steps += 1;
        }
        let expected: Vec<_> = (0..steps).map(|step: u64| node(format!("step {step}"), step)).collect();
        assert_eq!(db.records("plain").await.expect("records"), expected);
    };
    let ((steps, ()), ()) = join(join(work, plain), async {
        disturb(&made).await;
        done.set(true);
    })
    .await;
    for (run_id, steps) in runs.into_iter().zip(steps) {
        assert!(steps > 5, "{run_id} made {steps} steps");
        assert_counted(db, run_id, steps).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_loses_and_doubles_nothing() {
    let schema = schema();
    let db = open(&schema).await;
    let mut server = raw(&schema).await;
    let mut cuts = 0;
    commits_survive(&db, async |made: &Cell<u64>| {
        for pause in 0..40 {
            let before = made.get();
            while made.get() < before + 5 {
                tokio::task::yield_now().await;
            }
            // At ever other places of a transaction.
            sleep(Duration::from_micros(pause * 137)).await;
            cuts += cut(&mut server).await;
        }
    })
    .await;
    assert!(cuts >= 40, "{cuts} connections were cut");
}

/// Does something with a server of one test.
fn script(command: &str, place: &Path) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres");
    let done = Command::new(script).arg(command).arg(place).output().expect("the script runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("a URL").trim().to_owned()
}

#[tokio::test]
async fn a_server_that_is_restarted_loses_and_doubles_nothing() {
    let folder = Folder::new();
    let place = folder.file("server");
    // PostgreSQL's own user has to get there.
    let url = script("start", &place);
    let db = PostgresDb::connect(&url).await.expect("a database");
    commits_survive(&db, async |_: &Cell<u64>| {
        for _ in 0..3 {
            sleep(Duration::from_millis(100)).await;
            let restart = std::thread::scope(|scope| scope.spawn(|| script("restart", &place)).join());
            restart.expect("restarted");
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    script("stop", &place);
    // What never comes back is an error, and not forever.
    let gone = count(&db, "z", 0).await.expect_err("there is no server");
    assert!(matches!(gone, DbError::Unavailable { .. }), "{gone:?}");
    assert!(matches!(db.records("a").await, Err(DbError::Unavailable { .. })));
    assert!(matches!(PostgresDb::connect(&url).await, Err(DbError::Unavailable { .. })));
}

/// A commit that was made and that nobody heard of, since its connection was cut and the database could not be reached for long: it is not made again.
#[tokio::test]
async fn a_batch_of_unknown_outcome_is_not_made_again() {
    let (folder, runs) = (Folder::new(), ["a", "b"]);
    let place = folder.file("server");
    let url = script("start", &place);
    let db = PostgresDb::connect(&url).await.expect("a database");
    for run_id in runs {
        begun(&db, run_id).await;
        count(&db, run_id, 0).await.expect("a commit");
    }
    let mut lock = PgConnection::connect(&url).await.expect("a connection");
    let mut admin = PgConnection::connect(&url.replace("/postgres", "/template1")).await.expect("a connection");
    // A commit waits for another server, which there is not, and is made all the same.
    for statement in ["SET synchronous_commit = local", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()"]
    {
        admin.execute(statement).await.expect("it is set");
    }
    lock.execute("BEGIN; LOCK TABLE agno.runs IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    // While this one waits, to be refused, the others come together.
    let refused = db.commit(Commit { records: vec![node("late", 1)], ..change("a", 7) });
    let work = join(refused, join_all(runs.map(|run_id| count(&db, run_id, 1))));
    let cut = async {
        waiting(&mut admin, "wait_event_type = 'Lock'").await;
        lock.execute("ROLLBACK").await.expect("the lock goes");
        waiting(&mut admin, "wait_event = 'SyncRep'").await;
        drop(lock);
        admin.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS false").await.expect("nobody gets in");
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'postgres'").await.expect("they are cut");
        admin.execute("ALTER SYSTEM RESET synchronous_standby_names").await.expect("it is set");
        admin.execute("SELECT pg_reload_conf()").await.expect("it is set");
        // Longer than the store tries it anew.
        sleep(Duration::from_millis(6_500)).await;
        admin.execute("ALTER DATABASE postgres ALLOW_CONNECTIONS true").await.expect("they get in");
    };
    let ((refused, counted), ()) = join(work, cut).await;
    assert!(matches!(refused, Err(DbError::LeaseLost { .. })), "{refused:?}");
    for (run_id, counted) in runs.into_iter().zip(counted) {
        assert!(matches!(counted, Err(DbError::Unavailable { .. })), "nobody knows what became of it: {counted:?}");
        assert_counted(&db, run_id, 2).await;
    }
    script("stop", &place);
}

/// Until a connection waits for something.
async fn waiting(admin: &mut PgConnection, what: &str) {
    let query = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = 'postgres' AND {what}");
    while sqlx::query(AssertSqlSafe(query.clone())).fetch_one(&mut *admin).await.expect("it answers").get::<i64, _>(0) == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_owner_that_is_cut_off_has_lost_what_others_claim_meanwhile() {
    let schema = schema();
    let (db, other) = (open(&schema).await, open(&schema).await);
    begun(&db, "a").await;
    assert_eq!(other.claim("a", false).await.expect("a claim"), Claim::Held { until: None }, "it lives on this machine");
    let mut server = raw(&schema).await;
    cut(&mut server).await;
    // The other one has to come back first, and may be quicker than the owner, who does not know yet.
    let claim = other.claim("a", false).await.expect("a claim");
    assert_eq!(claim, Claim::Yours { fence: 2 });
    let lost = write(&db, "a", [node("late", 1)]).await.expect_err("it is another's");
    assert!(matches!(lost, DbError::LeaseLost { .. }), "{lost:?}");
    begun(&db, "b").await;
}

#[tokio::test]
async fn what_cannot_be_read_says_where_it_stands() {
    let schema = schema();
    let db = open(&schema).await;
    for id in ["a", "b"] {
        begun(&db, id).await;
        write(&db, id, [node("step", 1)]).await.expect("a record");
    }
    let mut server = raw(&schema).await;
    server
        .execute("UPDATE records SET content = '{\"broken' WHERE run = (SELECT key FROM runs WHERE run_id = 'a')")
        .await
        .expect("a broken record");
    let corrupt = db.records("a").await.expect_err("it cannot be read");
    assert!(matches!(&corrupt, DbError::Corrupt { place, .. } if place == "run `a`, records `step`"), "{corrupt:?}");
    assert_eq!(db.records("b").await.expect("the others can"), [node("step", 1)]);
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let schema = schema();
    drop(open(&schema).await);
    raw(&schema).await.execute("INSERT INTO migrations (version) VALUES (99)").await.expect("a newer version");
    let refused = PostgresDb::options().schema(schema).connect(&server()).await.expect_err("too new");
    assert!(matches!(refused, DbError::Newer { found: 99, known: 3 }), "{refused:?}");
}

#[tokio::test]
async fn a_schema_of_an_older_version_is_brought_up_to_date() {
    let schema = schema();
    begun(&open(&schema).await, "a").await;
    raw(&schema)
        .await
        .execute("DROP TABLE media; DROP INDEX runs_by_due; DELETE FROM migrations WHERE version > 1")
        .await
        .expect("the first version");
    let db = open(&schema).await;
    assert!(db.run("a").await.expect("it answers").is_some(), "what was there is");
    db.commit(Commit { media: vec![media()], ..begin("b", "s", false) }).await.expect("the new table is there");
    assert_eq!(db.media("b").await.expect("it answers"), [media()]);
}

#[tokio::test]
async fn an_owner_whose_row_is_gone_is_known_again() {
    let schema = schema();
    let db = open(&schema).await;
    begun(&db, "a").await;
    count(&db, "a", 0).await.expect("a commit");
    raw(&schema).await.execute("DELETE FROM owners").await.expect("no owners");
    count(&db, "a", 1).await.expect("a commit");
    write(&db, "a", [node("step 2", 2)]).await.expect("a commit");
    raw(&schema).await.execute("DELETE FROM owners").await.expect("no owners");
    write(&db, "a", [node("step 3", 3)]).await.expect("a commit");
    assert_eq!(db.records("a").await.expect("records").len(), 4);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let nowhere = PostgresDb::connect("postgres://agno@127.0.0.1:9/postgres").await.expect_err("no server");
    assert!(matches!(nowhere, DbError::Unavailable { .. }), "{nowhere:?}");
    let nothing = PostgresDb::connect("this is no URL").await.expect_err("no URL");
    assert!(!nothing.is_transient(), "{nothing:?}");
}

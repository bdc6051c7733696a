use std::{fs, path::Path, time::Duration};

use agno_core::{
    DbError,
    db::{
        Db, SqliteDb, Synchronous,
        rows::{Claim, Commit, RunFilter},
    },
};
use sqlx::{Connection as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{Folder, assert_counted, begin, begun, change, count, media, node, write};

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.expect("a connection")
}

#[tokio::test]
async fn a_full_disk_is_an_error_that_loses_nothing() {
    let folder = Folder::new();
    let path = folder.file("full.db");
    let db = SqliteDb::options().synchronous(Synchronous::Normal).max_size(400_000).open(&path).await.expect("a database");
    begun(&db, "a").await;
    begun(&db, "big").await;
    write(&db, "big", [node("room", "x".repeat(100_000))]).await.expect("there is room");
    let mut steps = 0;
    let full = loop {
        match count(&db, "a", steps).await {
            Ok(()) => steps += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, DbError::Full { .. }), "{full:?}");
    assert!(full.is_transient());
    assert_counted(&db, "a", steps).await;
    // Not all of many that come together fits: what does is made, what does not is refused.
    let big = "y".repeat(80_000);
    let both = futures_util::future::join(write(&db, "a", [node("too big", &*big)]), write(&db, "big", [node("room", 1)])).await;
    assert!(matches!(both.0, Err(DbError::Full { .. })), "{both:?}");
    db.delete_run("big").await.expect("room is made");
    count(&db, "a", steps).await.expect("there is room again");
    assert_counted(&db, "a", steps + 1).await;
}

#[tokio::test]
async fn a_lock_of_another_program_is_waited_for() {
    let folder = Folder::new();
    let path = folder.file("locked.db");
    let db = SqliteDb::options().busy_timeout(Duration::from_millis(50)).open(&path).await.expect("a database");
    begun(&db, "a").await;
    let mut other = raw(&path).await;
    other.execute("BEGIN IMMEDIATE").await.expect("a lock");
    let locked = count(&db, "a", 0).await.expect_err("another program has the lock");
    assert!(matches!(locked, DbError::Unavailable { .. }), "{locked:?}");
    assert!(locked.is_transient());
    assert_eq!(db.records("a").await.expect("one can still read"), []);
    assert!(matches!(db.claim("a", true).await, Err(DbError::Unavailable { .. })));
    other.execute("COMMIT").await.expect("the lock goes");
    count(&db, "a", 0).await.expect("a commit");
    assert_counted(&db, "a", 1).await;

    let patient = SqliteDb::open(&path).await.expect("a database");
    other.execute("BEGIN IMMEDIATE").await.expect("a lock");
    let (claimed, ()) = futures_util::future::join(patient.claim("a", true), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        other.execute("COMMIT").await.expect("the lock goes");
    })
    .await;
    assert_eq!(claimed.expect("it was waited for"), Claim::Yours { fence: 2 });
}

/// Letting go counts in this process even where the store could not be told.
#[tokio::test]
async fn a_run_that_could_not_be_let_go_can_be_claimed_again() {
    let folder = Folder::new();
    let path = folder.file("locked.db");
    let db = SqliteDb::options().busy_timeout(Duration::from_millis(50)).open(&path).await.expect("a database");
    begun(&db, "a").await;
    let mut other = raw(&path).await;
    other.execute("BEGIN IMMEDIATE").await.expect("a lock");
    let release = Commit { release: true, ..change("a", 1) };
    assert!(db.commit(release).await.is_err());
    other.execute("COMMIT").await.expect("the lock goes");
    assert_eq!(db.claim("a", false).await.expect("a claim"), Claim::Yours { fence: 2 });
}

#[tokio::test]
async fn what_cannot_be_read_says_where_it_stands() {
    let folder = Folder::new();
    let path = folder.file("corrupt.db");
    let db = SqliteDb::open(&path).await.expect("a database");
    for id in ["a", "b"] {
        begun(&db, id).await;
        write(&db, id, [node("step", 1)]).await.expect("a record");
    }
    let mut other = raw(&path).await;
    other.execute("UPDATE records SET content = '{\"broken' WHERE run = 1").await.expect("a broken record");
    let corrupt = db.records("a").await.expect_err("it cannot be read");
    assert!(matches!(&corrupt, DbError::Corrupt { place, .. } if place == "run `a`, records `step`"), "{corrupt:?}");
    assert_eq!(db.records("b").await.expect("the others can"), [node("step", 1)]);

    other.execute("UPDATE runs SET status = 77 WHERE run_id = 'a'").await.expect("a broken run");
    let corrupt = db.run("a").await.expect_err("it cannot be read");
    assert!(matches!(&corrupt, DbError::Corrupt { place, .. } if place == "runs `a`"), "{corrupt:?}");
    assert!(db.runs(RunFilter::default()).await.is_err());
    assert!(db.delete_run("a").await.expect("it can be deleted"));
    assert_eq!(db.runs(RunFilter::default()).await.expect("runs").len(), 1);
}

#[tokio::test]
async fn a_file_of_something_else_is_refused() {
    let folder = Folder::new();
    let path = folder.file("notes.txt");
    fs::write(&path, "These are my notes, and no database. ".repeat(100)).expect("a file");
    let refused = SqliteDb::open(&path).await.expect_err("no database");
    assert!(matches!(refused, DbError::Corrupt { .. }), "{refused:?}");
    let nowhere = SqliteDb::open(folder.file("no/such/folder.db")).await.expect_err("no folder");
    assert!(!nowhere.is_transient() && nowhere.to_string().contains("there is no folder"), "{nowhere:?}");
    let taken = SqliteDb::open(folder.file("")).await.expect_err("a folder");
    assert!(taken.to_string().contains("is a folder"), "{taken:?}");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let folder = Folder::new();
    let path = folder.file("newer.db");
    begun(&SqliteDb::open(&path).await.expect("a database"), "a").await;
    raw(&path).await.execute("INSERT INTO migrations (version) VALUES (99)").await.expect("a newer version");
    let refused = SqliteDb::open(&path).await.expect_err("too new");
    assert!(matches!(refused, DbError::Newer { found: 99, known: 3 }), "{refused:?}");
}

#[tokio::test]
async fn a_file_of_an_older_version_is_brought_up_to_date() {
    let folder = Folder::new();
    let path = folder.file("older.db");
    begun(&SqliteDb::open(&path).await.expect("a database"), "a").await;
    raw(&path)
        .await
        .execute("DROP TABLE media; DROP INDEX runs_by_due; DELETE FROM migrations WHERE version > 1")
        .await
        .expect("the first version");
    let db = SqliteDb::open(&path).await.expect("it is brought up to date");
    assert!(db.run("a").await.expect("it answers").is_some(), "what was there is");
    db.commit(Commit { media: vec![media()], ..begin("b", "s", false) }).await.expect("the new table is there");
    assert_eq!(db.media("b").await.expect("it answers"), [media()]);
}

/// Whatever SQLite says that is no refusal of ours is told as it is, and ends nothing.
#[tokio::test]
async fn what_another_program_forbids_is_told() {
    let folder = Folder::new();
    let path = folder.file("forbidden.db");
    let db = SqliteDb::open(&path).await.expect("a database");
    begun(&db, "a").await;
    raw(&path)
        .await
        .execute("CREATE TRIGGER refuses BEFORE INSERT ON records BEGIN SELECT RAISE(ABORT, 'not here'); END")
        .await
        .expect("a trigger");
    let refused = count(&db, "a", 0).await.expect_err("the trigger refuses");
    assert!(refused.to_string().contains("not here"), "{refused:?}");
    raw(&path).await.execute("DROP TRIGGER refuses").await.expect("no trigger");
    count(&db, "a", 0).await.expect("a commit");
    assert_counted(&db, "a", 1).await;
}

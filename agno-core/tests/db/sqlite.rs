use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
};

use agno_core::{
    db::{Db as _, SqliteDb, Synchronous, rows::RunFilter},
    testing::{Opened, db_suite},
};
use futures_util::future::join_all;

use crate::support::{Folder, begun, node, write};

async fn open(path: &Path) -> SqliteDb {
    // What is tested is the same at both levels, and this one is quick.
    SqliteDb::options().synchronous(Synchronous::Normal).open(path).await.expect("a database")
}

#[tokio::test]
async fn a_file_does_what_every_store_does() {
    let folder = Folder::new();
    let next = AtomicU32::new(0);
    db_suite(async || {
        let path = folder.file(&format!("{}.db", next.fetch_add(1, Ordering::Relaxed)));
        let db = open(&path).await;
        Opened::new(db.clone()).with_clone(db).with_other(open(&path).await)
    })
    .await;
}

#[tokio::test]
async fn memory_does_what_every_store_does() {
    db_suite(async || {
        let db = SqliteDb::open_in_memory().await.expect("a database");
        Opened::new(db.clone()).with_clone(db)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn with_a_prefix_and_many_threads_too() {
    let folder = Folder::new();
    let next = AtomicU32::new(0);
    db_suite(async || {
        let path = folder.file("shared.db");
        let prefix = format!("t{}_", next.fetch_add(1, Ordering::Relaxed));
        let options = SqliteDb::options().synchronous(Synchronous::Normal).table_prefix(prefix);
        let db = options.clone().open(&path).await.expect("a database");
        Opened::new(db.clone()).with_clone(db).with_other(options.open(&path).await.expect("a database"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_open_a_new_file_at_once() {
    let folder = Folder::new();
    let path = folder.file("new.db");
    let all = join_all((0..8).map(|_| open(&path))).await;
    for (index, db) in all.iter().enumerate() {
        begun(db, &format!("{index}")).await;
    }
    assert_eq!(all[0].runs(RunFilter::default()).await.expect("runs").len(), 8);
}

#[tokio::test]
async fn a_file_is_as_it_was_when_it_is_opened_again() {
    let folder = Folder::new();
    let path = folder.file("again.db");
    let db = open(&path).await;
    begun(&db, "a").await;
    write(&db, "a", [node("step", 1)]).await.expect("a record");
    drop(db);
    let db = open(&path).await;
    assert_eq!(db.records("a").await.expect("records"), [node("step", 1)]);
}

/// `#[tokio::test]` and `blocking()` have runtimes of their own, which end.
#[test]
fn a_store_outlives_the_runtime_that_opened_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = Folder::new();
    for in_memory in [false, true] {
        let db = runtime().block_on(async {
            let db =
                if in_memory { SqliteDb::open_in_memory().await.expect("a database") } else { open(&folder.file("outlives.db")).await };
            begun(&db, "a").await;
            db
        });
        runtime().block_on(async {
            write(&db, "a", [node("step", 1)]).await.expect("a commit from another runtime");
            assert_eq!(db.records("a").await.expect("records"), [node("step", 1)]);
        });
    }
}

/// The clock of a test may stand still, and jump.
#[tokio::test(start_paused = true)]
async fn a_paused_clock_does_not_matter() {
    let folder = Folder::new();
    let db = open(&folder.file("paused.db")).await;
    begun(&db, "a").await;
    tokio::time::advance(std::time::Duration::from_secs(3_600)).await;
    write(&db, "a", [node("step", 1)]).await.expect("a commit");
    assert_eq!(db.records("a").await.expect("records"), [node("step", 1)]);
}

#[tokio::test]
async fn a_prefix_that_is_no_name_is_refused() {
    for prefix in ["x; DROP TABLE", "1x", "ü"] {
        let refused = SqliteDb::options().table_prefix(prefix).open_in_memory().await.expect_err("no name");
        assert!(refused.to_string().contains("letters, digits and underscores"), "{refused}");
    }
}

use std::sync::atomic::{AtomicU32, Ordering};

use agno_core::{
    db::{Db as _, PostgresDb, rows::RunFilter},
    testing::{Opened, db_suite},
};
use futures_util::future::join_all;

use crate::support::{begun, node, write};

/// The server of these tests.
pub(crate) fn server() -> String {
    std::env::var("AGNO_TEST_POSTGRES").expect(
        "these tests need a PostgreSQL server: run them by `scripts/postgres run -- cargo test …`, which starts one, or set AGNO_TEST_POSTGRES to a URL",
    )
}

/// A schema that no other test has.
pub(crate) fn schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) async fn open(schema: &str) -> PostgresDb {
    PostgresDb::options().schema(schema).connect(&server()).await.expect("a database")
}

#[tokio::test]
async fn does_what_every_store_does() {
    db_suite(async || {
        let schema = schema();
        let db = open(&schema).await;
        Opened::new(db.clone()).with_clone(db).with_other(open(&schema).await)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_many_threads_too() {
    db_suite(async || {
        let schema = schema();
        let db = open(&schema).await;
        Opened::new(db.clone()).with_clone(db).with_other(open(&schema).await)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_make_a_new_schema_at_once() {
    let schema = schema();
    let all = join_all((0..8).map(|_| open(&schema))).await;
    for (index, db) in all.iter().enumerate() {
        begun(db, &format!("{index}")).await;
    }
    assert_eq!(all[0].runs(RunFilter::default()).await.expect("runs").len(), 8);
}

#[test]
fn a_store_outlives_the_runtime_that_opened_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let schema = schema();
    let db = runtime().block_on(async {
        let db = open(&schema).await;
        begun(&db, "a").await;
        db
    });
    runtime().block_on(async {
        write(&db, "a", [node("step", 1)]).await.expect("a commit from another runtime");
        assert_eq!(db.records("a").await.expect("records"), [node("step", 1)]);
    });
}

#[tokio::test]
async fn a_schema_that_is_no_name_is_refused() {
    let long = "x".repeat(51);
    for schema in ["", "a.b", "x; DROP TABLE", "1x", &long] {
        let refused = PostgresDb::options().schema(schema).connect(&server()).await.expect_err("no name");
        assert!(refused.to_string().contains("letters, digits and underscores"), "{refused}");
    }
}

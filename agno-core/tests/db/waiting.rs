//! More commits than a store's queue has room for, while the store cannot write.

use agno_core::{
    DbError,
    db::{
        Db,
        rows::{Claim, Commit},
    },
};
use futures_util::{FutureExt as _, future::join_all};
use sqlx::{AssertSqlSafe, Executor as _};

use crate::support::{begun, change, node, write};

/// So many stay in the queue whatever becomes of their callers.
const ROOM: usize = 1_024;

/// Another program, which keeps the store from writing.
enum Lock {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres { connection: sqlx::PgConnection, schema: String },
}

impl Lock {
    async fn run(&mut self, sql: &str) {
        let done = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(connection) => connection.execute(AssertSqlSafe(sql)).await.map(drop),
            #[cfg(feature = "postgres")]
            Self::Postgres { connection, .. } => connection.execute(AssertSqlSafe(sql)).await.map(drop),
        };
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    async fn take(&mut self) {
        let sql = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => "BEGIN IMMEDIATE".to_owned(),
            #[cfg(feature = "postgres")]
            Self::Postgres { schema, .. } => format!("BEGIN; LOCK TABLE {schema}.runs, {schema}.records IN EXCLUSIVE MODE"),
        };
        self.run(&sql).await;
    }

    async fn let_go(&mut self) {
        self.run("COMMIT").await;
    }
}

/// Lets the task that writes go as far as it gets.
async fn turns() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

async fn paths(db: &dyn Db, run_id: &str) -> Vec<String> {
    db.records(run_id).await.expect("records").into_iter().map(|record| record.path).collect()
}

async fn all_are_made_in_the_order_of_the_calls(db: &dyn Db, lock: &mut Lock) {
    const RUNS: usize = 40;
    const EACH: usize = 60;
    const { assert!(RUNS * EACH > 2 * ROOM) };
    let ids: Vec<String> = (0..RUNS).map(|run| format!("run {run}")).collect();
    for id in &ids {
        begun(db, id).await;
    }
    lock.take().await;
    let call = |n: usize, id: &str| db.commit(Commit { records: vec![node(n.to_string(), n), node("last", n)], ..change(id, 1) });
    let mut calls: Vec<_> = (0..EACH).flat_map(|n| ids.iter().map(move |id| (n, id))).map(|(n, id)| call(n, id)).collect();
    // Whoever is polled first: calls count.
    for waiting in calls.iter_mut().rev() {
        assert!(waiting.now_or_never().is_none(), "it cannot be made, and is not refused");
    }
    let mut claim = db.claim(&ids[0], true);
    turns().await;
    assert!((&mut claim).now_or_never().is_none(), "it waits as well");
    assert!(calls.iter_mut().all(|waiting| waiting.now_or_never().is_none()));
    lock.let_go().await;
    for made in join_all(calls).await {
        made.expect("it is made");
    }
    assert_eq!(claim.await.expect("a claim"), Claim::Yours { fence: 2 });
    let expected: Vec<String> = ["0", "last"].map(str::to_owned).into_iter().chain((1..EACH).map(|n| n.to_string())).collect();
    for id in &ids {
        assert_eq!(paths(db, id).await, expected, "{id}");
        assert_eq!(db.records(id).await.expect("records")[1], node("last", EACH - 1), "{id}");
    }
    let late = write(db, &ids[0], [node("late", 1)]).await;
    assert!(matches!(late, Err(DbError::LeaseLost { .. })), "the claim came after all of them: {late:?}");
}

async fn no_more_are_left_by_their_callers_than_there_is_room_for(db: &dyn Db, lock: &mut Lock) {
    const DROPPED: usize = 300;
    const KEPT: usize = 100;
    let ids: Vec<String> = (0..=ROOM + DROPPED + KEPT).map(|run| format!("run {run}")).collect();
    for id in &ids {
        begun(db, id).await;
    }
    lock.take().await;
    let mut calls = Vec::new();
    for id in &ids {
        let mut call = db.commit(Commit { records: vec![node("step", 1)], ..change(id, 1) });
        assert!((&mut call).now_or_never().is_none(), "{id}");
        if calls.is_empty() {
            // The first one is being written, and takes no room any more.
            turns().await;
        }
        calls.push(call);
    }
    let kept = calls.split_off(calls.len() - KEPT);
    drop(calls);
    turns().await;
    lock.let_go().await;
    for made in join_all(kept).await {
        made.expect("what somebody waits for is made");
    }
    for (index, id) in ids.iter().enumerate() {
        let is_made = index <= ROOM || index > ROOM + DROPPED;
        assert_eq!(paths(db, id).await.len(), usize::from(is_made), "{id}");
    }
}

async fn what_is_left_to_store_follows_what_was_dropped(db: &dyn Db, lock: &mut Lock) {
    let fillers: Vec<String> = (0..=ROOM).map(|run| format!("run {run}")).collect();
    for id in fillers.iter().map(String::as_str).chain(["followed", "alone"]) {
        begun(db, id).await;
    }
    lock.take().await;
    let step = |id: &str| db.commit(Commit { records: vec![node("step", 1)], ..change(id, 1) });
    let mut waiting: Vec<_> = fillers.iter().map(|id| step(id)).collect();
    let mut without_room = ["followed", "alone"].map(step);
    for call in waiting.iter_mut().chain(&mut without_room) {
        assert!(call.now_or_never().is_none());
    }
    // As a run does that is dropped: first what it has left to store, and then the commit that was under way.
    db.commit_detached(Commit { records: vec![node("after", 1)], release: true, ..change("followed", 1) });
    drop(without_room);
    lock.let_go().await;
    for made in join_all(waiting).await {
        made.expect("it is made");
    }
    while db.is_owned("followed").await.expect("it answers") {
        tokio::task::yield_now().await;
    }
    assert_eq!(paths(db, "followed").await, ["step", "after"], "the later one is not there without the earlier one");
    assert_eq!(paths(db, "alone").await, [""; 0]);
    assert_eq!(db.claim("followed", false).await.expect("a claim"), Claim::Yours { fence: 2 });
}

/// Each of the above, on a store of its own.
macro_rules! on_each_store {
    ($($name:ident)*) => {
        #[cfg(feature = "sqlite")]
        mod sqlite {
            use std::time::Duration;

            use agno_core::db::SqliteDb;
            use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

            use super::Lock;
            use crate::support::Folder;

            $(#[tokio::test]
            async fn $name() {
                let folder = Folder::new();
                let path = folder.file("waiting.db");
                let db = SqliteDb::options().busy_timeout(Duration::from_secs(120)).open(&path).await.expect("a database");
                let connection = SqliteConnectOptions::new().filename(&path).connect().await.expect("a connection");
                super::$name(&db, &mut Lock::Sqlite(connection)).await;
            })*
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            use sqlx::{Connection as _, PgConnection};

            use super::Lock;
            use crate::postgres::{open, schema, server};

            $(#[tokio::test]
            async fn $name() {
                let schema = schema();
                let db = open(&schema).await;
                let connection = PgConnection::connect(&server()).await.expect("a connection");
                super::$name(&db, &mut Lock::Postgres { connection, schema }).await;
            })*
        }
    };
}

on_each_store! {
    all_are_made_in_the_order_of_the_calls
    no_more_are_left_by_their_callers_than_there_is_room_for
    what_is_left_to_store_follows_what_was_dropped
}

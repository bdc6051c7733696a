//! What a careful person would write by hand for one table, through the same drivers: what a store's commits are measured against.

use std::path::Path;

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqliteConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    STEPS, TASKS,
    many::{Throughput, at_once},
    rows::content,
};

/// A connection to a database of one kind, and its table.
pub(super) enum Floor {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS floor (run BIGINT NOT NULL, seq BIGINT NOT NULL, kind BIGINT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (run, seq))";
const INSERT: &str = "INSERT INTO floor (run, seq, kind, content) VALUES ($1, $2, $3, $4)";
const INSERT_MANY: &str =
    "INSERT INTO floor (run, seq, kind, content) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])";

/// A row of a task that waits until it is committed.
struct Job {
    run: i64,
    step: i64,
    content: String,
    committed: oneshot::Sender<()>,
}

impl Floor {
    pub(super) async fn sqlite(path: &Path, synchronous: SqliteSynchronous) -> Self {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let mut connection = options.synchronous(synchronous).disable_statement_logging().connect().await.expect("a connection");
        connection.execute(AssertSqlSafe(format!("{TABLE} WITHOUT ROWID"))).await.expect("a table");
        Self::Sqlite(connection)
    }

    pub(super) async fn postgres(url: &str) -> Self {
        let options: PgConnectOptions = url.parse().expect("a URL");
        let mut connection = options.disable_statement_logging().connect().await.expect("a connection");
        connection.execute(TABLE).await.expect("a table");
        connection.execute("TRUNCATE floor").await.expect("an empty table");
        Self::Postgres(connection)
    }

    /// Five inserts, each a transaction of its own.
    pub(super) async fn run(&mut self, run: i64) {
        let text = content().to_string();
        for step in 0..STEPS as i64 {
            match self {
                Self::Sqlite(connection) => {
                    let insert = sqlx::query(INSERT).bind(run).bind(step).bind(0i64).bind(&text);
                    insert.execute(connection).await.map(drop).expect("an insert");
                }
                Self::Postgres(connection) => {
                    let insert = sqlx::query(INSERT).bind(run).bind(step).bind(0i64).bind(&text);
                    insert.execute(connection).await.map(drop).expect("an insert");
                }
            }
        }
    }

    /// As many rows as that many runs have in each task, all tasks at once: one task writes, in one statement and so one transaction, whatever waits. Each of the others waits
    /// for its row before it makes the next.
    #[expect(clippy::disallowed_methods, reason = "a task that writes is what is measured")]
    pub(super) async fn at_once(mut self, first: i64, runs: usize) -> (Self, Throughput) {
        let (jobs, mut waiting) = mpsc::channel(1_024);
        let writer = tokio::spawn(async move {
            let mut batch = Vec::new();
            while waiting.recv_many(&mut batch, 256).await > 0 {
                self.write(std::mem::take(&mut batch)).await;
            }
            self
        });
        let throughput = at_once(runs, |task| {
            let jobs = jobs.clone();
            async move {
                for run in 0..runs {
                    for step in 0..STEPS as i64 {
                        let (committed, is_committed) = oneshot::channel();
                        let run = first + (run * TASKS + task) as i64;
                        jobs.send(Job { run, step, content: content().to_string(), committed }).await.expect("it writes");
                        is_committed.await.expect("it is written");
                    }
                }
            }
        });
        let throughput = throughput.await;
        drop(jobs);
        (writer.await.expect("no panic"), throughput)
    }

    async fn write(&mut self, batch: Vec<Job>) {
        let mut told = Vec::with_capacity(batch.len());
        match self {
            Self::Sqlite(connection) => {
                let rows = vec!["(?, ?, ?, ?)"; batch.len()].join(", ");
                let mut insert = sqlx::query(AssertSqlSafe(format!("INSERT INTO floor (run, seq, kind, content) VALUES {rows}")));
                for Job { run, step, content, committed } in batch {
                    insert = insert.bind(run).bind(step).bind(0i64).bind(content);
                    told.push(committed);
                }
                insert.execute(connection).await.map(drop).expect("an insert");
            }
            Self::Postgres(connection) => {
                let (mut runs, mut steps, mut contents) = (Vec::new(), Vec::new(), Vec::new());
                for Job { run, step, content, committed } in batch {
                    runs.push(run);
                    steps.push(step);
                    contents.push(content);
                    told.push(committed);
                }
                let kinds = vec![0i64; runs.len()];
                let insert = sqlx::query(INSERT_MANY).bind(runs).bind(steps).bind(kinds).bind(contents);
                insert.execute(connection).await.map(drop).expect("an insert");
            }
        }
        told.into_iter().for_each(|committed| committed.send(()).expect("somebody waits"));
    }

    pub(super) async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await.expect("closed"),
            Self::Postgres(connection) => connection.close().await.expect("closed"),
        }
    }
}

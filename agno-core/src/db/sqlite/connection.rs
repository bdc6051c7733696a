//! A connection to SQLite, and its errors.

use std::sync::Arc;

use sqlx::{
    AssertSqlSafe, Column as _, Connection as _, Row as _, TypeInfo as _, ValueRef as _,
    error::ErrorKind,
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::db::{
    DbError,
    sql::{Arg, Cell, Connection, Fields, Sql, SqlError},
};

#[derive(Debug)]
pub(super) struct SqliteConnection {
    inner: sqlx::SqliteConnection,
    prefix: String,
}

impl SqliteConnection {
    pub(super) fn new(inner: sqlx::SqliteConnection, prefix: &str) -> Self {
        Self { inner, prefix: prefix.to_owned() }
    }

    /// What the names of tables begin with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Runs statements whose tables have their whole names.
    pub(super) async fn run_text(&mut self, text: Arc<str>, args: Vec<Arg>) -> Sql<()> {
        bind(sqlx::query(AssertSqlSafe(text)), args).execute(&mut self.inner).await.map(drop).map_err(sql_error)
    }

    fn query(&self, sql: &str, args: Vec<Arg>) -> Query {
        bind(sqlx::query(AssertSqlSafe(sql.replace('~', &self.prefix))), args)
    }
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments>;

fn bind(mut query: Query, args: Vec<Arg>) -> Query {
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text),
            Arg::Shared(text) => query.bind(text),
            Arg::Int(number) => query.bind(number),
            Arg::Bytes(bytes) => query.bind(bytes.to_vec()),
            #[cfg(feature = "postgres")]
            Arg::Texts(_) | Arg::Ints(_) => query,
        };
    }
    query
}

impl Connection for SqliteConnection {
    async fn run(&mut self, sql: &str, args: Vec<Arg>) -> Sql<u64> {
        let query = self.query(sql, args);
        let done = query.execute(&mut self.inner).await.map_err(sql_error)?;
        Ok(done.rows_affected())
    }

    async fn fetch(&mut self, table: &'static str, sql: &str, args: Vec<Arg>) -> Sql<Vec<Fields>> {
        let query = self.query(sql, args);
        let rows = query.fetch_all(&mut self.inner).await.map_err(sql_error)?;
        rows.iter().map(|row| Ok(Fields::new(table, cells(row).map_err(sql_error)?))).collect()
    }

    async fn close(self) {
        // It ends all the same.
        let _ = self.inner.close().await;
    }
}

fn cells(row: &SqliteRow) -> sqlx::Result<Vec<Cell>> {
    let cell = |index: usize| {
        let value = row.try_get_raw(index)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        // The column's type is a wish in SQLite; what counts is the value's.
        match value.type_info().name() {
            "INTEGER" => row.try_get_unchecked(index).map(Cell::Int),
            "BLOB" => row.try_get_unchecked(index).map(Cell::Bytes),
            _ => row.try_get_unchecked(index).map(Cell::Text),
        }
    };
    row.columns().iter().map(|column| cell(column.ordinal())).collect()
}

pub(super) fn sql_error(error: sqlx::Error) -> SqlError {
    match &error {
        sqlx::Error::Database(database)
            if matches!(database.kind(), ErrorKind::UniqueViolation | ErrorKind::NotNullViolation | ErrorKind::CheckViolation) =>
        {
            SqlError::Refused(database.message().to_owned())
        }
        sqlx::Error::WorkerCrashed => SqlError::Lost(db_error(error)),
        _ => SqlError::Failed(db_error(error)),
    }
}

pub(super) fn db_error(error: sqlx::Error) -> DbError {
    let reason = error.to_string();
    let code = match &error {
        sqlx::Error::Database(database) => database.code().and_then(|code| code.parse::<u32>().ok()),
        sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => return DbError::Unavailable { reason },
        _ => None,
    };
    // The lower byte is the primary result code: https://www.sqlite.org/rescode.html
    match code.map(|code| code & 0xff) {
        // BUSY, LOCKED, IOERR, CANTOPEN, PROTOCOL
        Some(5 | 6 | 10 | 14 | 15) => DbError::Unavailable { reason },
        Some(8) => DbError::ReadOnly { reason },
        Some(13) => DbError::Full { reason },
        // CORRUPT, NOTADB
        Some(11 | 26) => DbError::Corrupt { place: "the file".to_owned(), reason },
        _ => DbError::other(error),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions as _, Executor as _, sqlite::SqliteConnectOptions};

    use super::*;
    use crate::db::{Synchronous, sqlite::SqliteDb};

    /// As the documentation of SQLite numbers them.
    #[tokio::test]
    async fn commits_are_as_safe_as_is_said() {
        let path = std::env::temp_dir().join(format!("agno-pragmas-{}.db", std::process::id()));
        for (options, synchronous) in [(SqliteDb::options(), 2), (SqliteDb::options().synchronous(Synchronous::Normal), 1)] {
            let db = options.clone().open(&path).await.expect("a database");
            let mut own = options.on(&path).connect().await.expect("a connection as its own");
            let row = own.fetch("pragmas", "PRAGMA synchronous", Vec::new()).await.expect("an answer").pop();
            assert_eq!(row.expect("a row").int().expect("a number"), synchronous);
            let row = own.fetch("pragmas", "PRAGMA journal_mode", Vec::new()).await.expect("an answer").pop();
            assert_eq!(row.expect("a row").text().expect("a word"), "wal");
            drop(db);
        }
        for end in ["", "-wal", "-shm"] {
            _ = std::fs::remove_file(format!("{}{end}", path.display()));
        }
    }

    /// Tests may run as root, who may write what permissions forbid. So SQLite itself is told not to.
    #[tokio::test]
    async fn a_file_that_cannot_be_written_says_so() {
        let path = std::env::temp_dir().join(format!("agno-read-only-{}.db", std::process::id()));
        let options = SqliteConnectOptions::new().filename(&path);
        options.clone().create_if_missing(true).connect().await.expect("a database").execute("CREATE TABLE t (a)").await.expect("a table");
        let mut reader = options.read_only(true).connect().await.expect("a database");
        let error = reader.execute("INSERT INTO t VALUES (1)").await.expect_err("it cannot be written");
        assert!(matches!(db_error(error), DbError::ReadOnly { .. }));
        std::fs::remove_file(path).expect("the file goes");
    }
}

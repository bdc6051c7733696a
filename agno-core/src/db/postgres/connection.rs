//! A connection to PostgreSQL, and its errors.

use std::sync::Arc;

use sqlx::{
    AssertSqlSafe, Column as _, Connection as _, Row as _, TypeInfo as _, ValueRef as _,
    error::{DatabaseError, ErrorKind},
    postgres::{PgDatabaseError, PgRow},
};

use crate::db::{
    DbError,
    sql::{Arg, Cell, Connection, Fields, Sql, SqlError},
};

#[derive(Debug)]
pub(super) struct PgConnection(sqlx::PgConnection);

impl PgConnection {
    pub(super) fn new(inner: sqlx::PgConnection) -> Self {
        Self(inner)
    }

    /// Runs several statements without arguments.
    pub(super) async fn run_all(&mut self, sql: &str) -> Sql<()> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.0).await.map(drop).map_err(sql_error)
    }

    /// Runs a statement whose tables have their whole names.
    pub(super) async fn run_text(&mut self, text: Arc<str>, args: Vec<Arg>) -> Sql<()> {
        Self::bind(sqlx::query(AssertSqlSafe(text)), args).execute(&mut self.0).await.map(drop).map_err(sql_error)
    }

    /// The same with a query.
    pub(super) async fn fetch_text(&mut self, table: &'static str, text: Arc<str>, args: Vec<Arg>) -> Sql<Vec<Fields>> {
        let rows = Self::bind(sqlx::query(AssertSqlSafe(text)), args).fetch_all(&mut self.0).await.map_err(sql_error)?;
        fields(table, &rows)
    }

    fn query(sql: &str, args: Vec<Arg>) -> Query {
        // The connection's search path is the schema, so tables have no other beginning.
        Self::bind(sqlx::query(AssertSqlSafe(sql.replace('~', ""))), args)
    }

    fn bind(mut query: Query, args: Vec<Arg>) -> Query {
        for arg in args {
            query = match arg {
                Arg::Text(text) => query.bind(text),
                Arg::Shared(text) => query.bind(text),
                Arg::Int(number) => query.bind(number),
                Arg::Bytes(bytes) => query.bind(bytes.to_vec()),
                Arg::Texts(texts) => query.bind(texts),
                Arg::Ints(numbers) => query.bind(numbers),
            };
        }
        query
    }
}

impl Connection for PgConnection {
    async fn run(&mut self, sql: &str, args: Vec<Arg>) -> Sql<u64> {
        let done = if args.is_empty() {
            // Without the round trip that prepares a statement.
            sqlx::raw_sql(AssertSqlSafe(sql.replace('~', ""))).execute(&mut self.0).await
        } else {
            Self::query(sql, args).execute(&mut self.0).await
        };
        done.map(|done| done.rows_affected()).map_err(sql_error)
    }

    async fn fetch(&mut self, table: &'static str, sql: &str, args: Vec<Arg>) -> Sql<Vec<Fields>> {
        let rows = Self::query(sql, args).fetch_all(&mut self.0).await.map_err(sql_error)?;
        fields(table, &rows)
    }

    async fn close(self) {
        // The server ends it all the same.
        let _ = self.0.close().await;
    }
}

type Query = sqlx::query::Query<'static, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn fields(table: &'static str, rows: &[PgRow]) -> Sql<Vec<Fields>> {
    rows.iter().map(|row| Ok(Fields::new(table, cells(row).map_err(sql_error)?))).collect()
}

fn cells(row: &PgRow) -> sqlx::Result<Vec<Cell>> {
    let cell = |index: usize| {
        let value = row.try_get_raw(index)?;
        if value.is_null() {
            return Ok(Cell::Null);
        }
        match value.type_info().name() {
            "INT8" => row.try_get(index).map(Cell::Int),
            "INT4" => row.try_get::<i32, _>(index).map(|number| Cell::Int(number.into())),
            // What functions return that only do something.
            "VOID" => Ok(Cell::Null),
            "BOOL" => row.try_get::<bool, _>(index).map(|flag| Cell::Int(flag.into())),
            "BYTEA" => row.try_get(index).map(Cell::Bytes),
            _ => row.try_get(index).map(Cell::Text),
        }
    };
    row.columns().iter().map(|column| cell(column.ordinal())).collect()
}

pub(super) fn sql_error(error: sqlx::Error) -> SqlError {
    let sqlx::Error::Database(database) = &error else {
        let is_lost = matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed);
        return if is_lost { SqlError::Lost(db_error(error)) } else { SqlError::Failed(db_error(error)) };
    };
    if matches!(database.kind(), ErrorKind::UniqueViolation | ErrorKind::NotNullViolation | ErrorKind::CheckViolation) {
        return SqlError::Refused(database.message().to_owned());
    }
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    match database.code().as_deref() {
        // A deadlock, or a serialization failure.
        Some("40P01" | "40001") => SqlError::Again(db_error(error)),
        // The server ends connections, is starting, or stops.
        Some(code) if code.starts_with("57P") || code.starts_with("08") => SqlError::Lost(db_error(error)),
        _ => SqlError::Failed(db_error(error)),
    }
}

pub(super) fn db_error(error: sqlx::Error) -> DbError {
    let reason = error.to_string();
    let code = match &error {
        sqlx::Error::Database(database) if cannot_extend(&**database) => return DbError::Full { reason },
        sqlx::Error::Database(database) => database.code().unwrap_or_default().into_owned(),
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut => {
            return DbError::Unavailable { reason };
        }
        _ => return DbError::other(error),
    };
    match &*code {
        "53100" => DbError::Full { reason },
        "25006" => DbError::ReadOnly { reason },
        code if ["08", "40", "53", "55", "57", "58"].iter().any(|class| code.starts_with(class)) => DbError::Unavailable { reason },
        "XX001" | "XX002" => DbError::Corrupt { place: "the server's files".to_owned(), reason },
        _ => DbError::other(error),
    }
}

/// A quota, or a limit of files' sizes, has no code of its own as a full disk has. What can be told from other errors without one is where in the server it
/// comes from.
fn cannot_extend(error: &dyn DatabaseError) -> bool {
    let place = error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::routine);
    error.code().as_deref() == Some("XX000") && matches!(place, Some("mdextend" | "mdzeroextend"))
}

//! The tables of a store, without the store.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, SqliteConnection, sqlite::SqliteConnectOptions};

/// A connection to a store's tables.
pub(crate) enum Raw {
    Sqlite(SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgConnection),
}

impl Raw {
    pub(crate) async fn open(address: &str) -> Self {
        #[cfg(feature = "postgres")]
        if let Some((url, schema)) = address.split_once('#') {
            let mut connection = sqlx::PgConnection::connect(url).await.expect("a connection");
            connection.execute(AssertSqlSafe(format!("SET search_path TO {schema}"))).await.expect("the schema");
            return Self::Postgres(connection);
        }
        let connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(address)).await;
        Self::Sqlite(connection.expect("a connection"))
    }

    /// Runs a statement, and says how many rows it changed.
    pub(crate) async fn run(&mut self, sql: &str) -> u64 {
        let done = match self {
            Self::Sqlite(connection) => connection.execute(AssertSqlSafe(sql)).await.map(|done| done.rows_affected()),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection.execute(AssertSqlSafe(sql)).await.map(|done| done.rows_affected()),
        };
        done.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }
}

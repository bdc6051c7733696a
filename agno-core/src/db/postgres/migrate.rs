//! The versions of the tables.

use super::{connection::PgConnection, options::PostgresOptions};
use crate::db::{
    DbError,
    sql::{Connection as _, Sql, SqlError, args},
};

/// What each version adds. A file is never edited once it has been released; a change is a new file.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_tables.sql"), include_str!("migrations/0002_media.sql"), include_str!("migrations/0003_due.sql")];

/// Brings the tables to the version that this build knows. Safe when several processes connect at once: one waits for the other.
pub(super) async fn migrate(options: &PostgresOptions) -> Result<(), DbError> {
    let mut connection = options.open_connection().await?;
    let migrated = migrate_with(&mut connection, options).await;
    // A transaction that did not end does so with its connection.
    connection.close().await;
    migrated.map_err(SqlError::into_db)
}

async fn migrate_with(connection: &mut PgConnection, options: &PostgresOptions) -> Sql<()> {
    let schema = options.quoted();
    connection.run("BEGIN", Vec::new()).await?;
    connection.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", args![format!("agno migrates {schema}")]).await?;
    // Whoever may not make schemas can be given one that is there.
    let there = connection.fetch("schemas", "SELECT 1::bigint FROM pg_namespace WHERE nspname = $1", args![options.schema_name()]).await?;
    if there.is_empty() {
        connection.run_all(&format!("CREATE SCHEMA {schema}")).await?;
    }
    connection
        .run_all("CREATE TABLE IF NOT EXISTS migrations (version BIGINT PRIMARY KEY, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())")
        .await?;
    let found = connection.fetch("migrations", "SELECT coalesce(max(version), 0) FROM migrations", Vec::new()).await?.pop();
    let version = found.map(|mut row| row.count()).transpose()?.unwrap_or(0);
    let known = MIGRATIONS.len() as u32;
    if version > u64::from(known) {
        return Err(SqlError::Failed(DbError::Newer { found: u32::try_from(version).unwrap_or(u32::MAX), known }));
    }
    for (number, migration) in (1i64..).zip(MIGRATIONS).skip(version as usize) {
        connection.run_all(migration).await?;
        connection.run("INSERT INTO migrations (version) VALUES ($1)", args![number]).await?;
    }
    connection.run("COMMIT", Vec::new()).await.map(drop)
}

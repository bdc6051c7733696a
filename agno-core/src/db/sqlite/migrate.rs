//! The versions of the tables.

use super::connection::SqliteConnection;
use crate::db::{
    DbError,
    sql::{Connection as _, Sql, SqlError, args},
};

/// What each version adds. A file is never edited once it has been released; a change is a new file.
const MIGRATIONS: &[&str] =
    &[include_str!("migrations/0001_tables.sql"), include_str!("migrations/0002_media.sql"), include_str!("migrations/0003_due.sql")];

/// Brings the tables to the version that this build knows. Safe when several processes open the file at once.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), DbError> {
    let migrated = async {
        connection.run("BEGIN IMMEDIATE", Vec::new()).await?;
        let table =
            "CREATE TABLE IF NOT EXISTS ~migrations (version INTEGER PRIMARY KEY, applied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)";
        connection.run(table, Vec::new()).await?;
        let version = version(connection).await?;
        let known = MIGRATIONS.len() as u32;
        if version > known {
            return Err(SqlError::Failed(DbError::Newer { found: version, known }));
        }
        for (number, migration) in (1i64..).zip(MIGRATIONS).skip(version as usize) {
            connection.run(migration, Vec::new()).await?;
            connection.run("INSERT INTO ~migrations (version) VALUES ($1)", args![number]).await?;
        }
        connection.run("COMMIT", Vec::new()).await
    };
    let migrated = migrated.await;
    if migrated.is_err() {
        // It may have ended already.
        let _ = connection.run("ROLLBACK", Vec::new()).await;
    }
    migrated.map(drop).map_err(SqlError::into_db)
}

async fn version(connection: &mut SqliteConnection) -> Sql<u32> {
    let found = connection.fetch("migrations", "SELECT coalesce(max(version), 0) FROM ~migrations", Vec::new()).await?.pop();
    let version = found.map(|mut row| row.count()).transpose()?.unwrap_or(0);
    Ok(u32::try_from(version).unwrap_or(u32::MAX))
}

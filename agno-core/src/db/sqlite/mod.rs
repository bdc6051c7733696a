//! [`SqliteDb`]: sessions and runs in one file.

mod connection;
mod migrate;
mod options;
mod owner;
#[cfg(test)]
mod plans;
mod statement;
mod watch;
mod write;

pub use options::{SqliteOptions, Synchronous};

use std::{collections::HashSet, path::Path, sync::Mutex};

use jiff::Timestamp;

use self::{connection::SqliteConnection, owner::OwnerFile, statement::Texts, watch::Watch};
use super::{
    DbError, LEASE,
    rows::Commit,
    sql::{Backend, Connection as _, Liveness, OwnerRow, Sql, SqlError, Store, args, forward, machine, time_number},
};

/// Sessions and runs in one SQLite file, which several processes may use at once.
///
/// A commit is on the disk when it returns, also should the machine lose its power ([`Synchronous::Full`]). Commits that come at once share one
/// transaction. Cloning it gives another handle to the same store; when the last one is gone, its connections end.
///
/// Beside the file are SQLite's own (`-wal`, `-shm`), and a folder with a file for each process that has it open (`.owners`), by which the others see that it lives.
///
/// ```
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// use agno_core::db::{Db as _, SqliteDb};
///
/// let db = SqliteDb::open_in_memory().await?;
/// assert_eq!(db.run("none").await?, None);
/// # Ok::<(), agno_core::DbError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SqliteDb(Store<Sqlite>);

forward!(SqliteDb);

impl SqliteDb {
    /// Opens a file, which is made if there is none. Needs a tokio runtime, as everything that it does.
    ///
    /// # Errors
    /// The file cannot be opened or written, is no database, or has the tables of a newer version.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, DbError> {
        Self::options().open(path).await
    }

    /// A store in memory, which only this value and its clones see.
    ///
    /// # Errors
    /// There is no memory for it.
    pub async fn open_in_memory() -> Result<Self, DbError> {
        Self::options().open_in_memory().await
    }

    /// More to choose before it is opened.
    pub fn options() -> SqliteOptions {
        SqliteOptions::default()
    }

    async fn open_with(options: SqliteOptions, mut connection: SqliteConnection, file: Option<OwnerFile>) -> Result<Self, DbError> {
        let backend = Sqlite { options, file, watch: Watch::default(), known: Mutex::default(), texts: Texts::default() };
        migrate::migrate(&mut connection).await?;
        if backend.file.is_some() {
            backend.enter(&mut connection).await.map_err(SqlError::into_db)?;
        }
        Store::new(backend, connection).map(Self)
    }
}

/// A file, or a database in memory.
#[derive(Debug)]
struct Sqlite {
    options: SqliteOptions,
    /// `None`: in memory.
    file: Option<OwnerFile>,
    watch: Watch,
    /// The fingerprints of definitions that are stored.
    known: Mutex<HashSet<String>>,
    texts: Texts,
}

impl Sqlite {
    /// Makes this owner known, and forgets those that have long been gone.
    async fn enter(&self, connection: &mut SqliteConnection) -> Sql<()> {
        let long_ago = Timestamp::now().saturating_sub(LEASE * 5_760).unwrap_or(Timestamp::UNIX_EPOCH);
        connection.run("DELETE FROM ~owners WHERE lease_until < $1", args![long_ago]).await?;
        self.renew(connection).await
    }
}

impl Backend for Sqlite {
    type Connection = SqliteConnection;

    const BEGIN: &'static str = "BEGIN IMMEDIATE";

    async fn connect_writer(&self) -> Result<SqliteConnection, DbError> {
        if self.file.is_none() {
            return Err(DbError::Unavailable { reason: "the database in memory is gone".to_owned() });
        }
        self.options.connect().await
    }

    async fn connect_reader(&self) -> Result<Option<SqliteConnection>, DbError> {
        if self.file.is_none() {
            return Ok(None);
        }
        let mut connection = self.options.connect().await?;
        connection.run("PRAGMA query_only = ON", Vec::new()).await.map_err(SqlError::into_db)?;
        Ok(Some(connection))
    }

    fn owner(&self) -> &str {
        self.file.as_ref().map_or("memory", OwnerFile::id)
    }

    async fn liveness(&self, _: &mut SqliteConnection, owner: &OwnerRow) -> Sql<Liveness> {
        let Some(file) = &self.file else { return Ok(Liveness::Dead) };
        if owner.machine == machine() {
            return Ok(if file.other_is_alive(&owner.id) { Liveness::Alive } else { Liveness::Dead });
        }
        Ok(if owner.lease_until > Timestamp::now() { Liveness::Leased(owner.lease_until) } else { Liveness::Dead })
    }

    async fn write(&self, connection: &mut SqliteConnection, _: i64, batch: &[Commit]) -> Sql<()> {
        self.write_batch(connection, batch).await
    }

    async fn tell(&self, _: &mut SqliteConnection) -> Sql<()> {
        Ok(())
    }

    fn told(&self) {
        if let Some(file) = &self.file {
            file.touch();
        }
    }

    fn listen(&self, changes: &tokio::sync::watch::Sender<u64>) {
        if let Some(file) = &self.file {
            self.watch.start(file, changes);
        }
    }

    async fn renew(&self, connection: &mut SqliteConnection) -> Sql<()> {
        let renew = "INSERT INTO ~owners (id, machine, lease_until) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until";
        let until = time_number(Timestamp::now()).saturating_add(LEASE.as_nanos() as i64);
        connection.run(renew, args![self.owner(), machine(), until]).await.map(drop)
    }

    fn has_others(&self) -> bool {
        self.file.is_some()
    }

    fn resign(&self) {
        if let Some(file) = &self.file {
            file.resign();
        }
    }
}

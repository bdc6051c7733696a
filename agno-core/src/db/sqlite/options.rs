use std::{
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions as _,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{
    SqliteDb,
    connection::{SqliteConnection, db_error},
    owner::OwnerFile,
};
use crate::db::DbError;

/// How long a lock of another process is waited for.
const BUSY: Duration = Duration::from_secs(5);

/// Bytes of a page.
const PAGE: u64 = 4_096;

/// How safe a commit is when it returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Synchronous {
    /// It is on the disk. Nothing that was committed is lost, also should the machine lose its power.
    #[default]
    Full,
    /// The operating system has it. It is safe when the process dies; the last commits before a power failure may be lost. Ten times as fast, for a run alone.
    Normal,
}

/// What can be chosen about a [`SqliteDb`] before it is opened.
#[derive(Clone, Debug)]
#[must_use]
pub struct SqliteOptions {
    connect: SqliteConnectOptions,
    prefix: String,
    busy: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let connect = SqliteConnectOptions::new()
            .create_if_missing(true)
            .foreign_keys(false)
            .busy_timeout(BUSY)
            .statement_cache_capacity(256)
            .row_buffer_size(512)
            .synchronous(SqliteSynchronous::Full)
            .page_size(PAGE as u32)
            .disable_statement_logging();
        Self { connect, prefix: String::new(), busy: BUSY }
    }
}

impl SqliteOptions {
    /// How safe a commit is when it returns. [`Synchronous::Full`] unless said otherwise.
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        let level = match synchronous {
            Synchronous::Full => SqliteSynchronous::Full,
            Synchronous::Normal => SqliteSynchronous::Normal,
        };
        self.connect = self.connect.synchronous(level);
        self
    }

    /// What the names of all tables begin with, so that they do not meet others in the same file. Letters, digits and underscores; empty unless said otherwise.
    pub fn table_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a lock of another process is waited for, before it is an error. 5 seconds unless said otherwise.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy = timeout;
        self.connect = self.connect.busy_timeout(timeout);
        self
    }

    /// How many bytes the file may have. What needs more is refused with [`DbError::Full`]. Without it the disk is the limit.
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.connect = self.connect.pragma("max_page_count", (bytes / PAGE).to_string());
        self
    }

    /// Opens a file, which is made if there is none.
    ///
    /// # Errors
    /// As for [`SqliteDb::open`], and for a prefix that is no name.
    pub async fn open(mut self, path: impl AsRef<Path>) -> Result<SqliteDb, DbError> {
        let path = path.as_ref();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if path.is_dir() {
            return Err(DbError::other(format!("`{}` is a folder; name a file", path.display())));
        }
        if let Some(folder) = folder.filter(|folder| !folder.exists()) {
            return Err(DbError::other(format!("`{}`: there is no folder `{}`; make it first", path.display(), folder.display())));
        }
        self = self.on(path);
        let opened = async {
            // The file is made first, so that its real name is known.
            let connection = self.connect().await?;
            let owner = OwnerFile::new(path)?;
            SqliteDb::open_with(self, connection, Some(owner)).await
        };
        opened.await.map_err(|error| error.at(path.display()))
    }

    /// A store in memory, which only this value and its clones see.
    ///
    /// # Errors
    /// As for [`SqliteDb::open_in_memory`], and for a prefix that is no name.
    pub async fn open_in_memory(self) -> Result<SqliteDb, DbError> {
        let options = self.in_memory();
        let connection = options.connect().await?;
        SqliteDb::open_with(options, connection, None).await
    }

    pub(super) fn on(mut self, path: &Path) -> Self {
        self.connect = self.connect.filename(path).journal_mode(SqliteJournalMode::Wal);
        self
    }

    pub(super) fn in_memory(mut self) -> Self {
        self.connect = self.connect.filename(":memory:").in_memory(true);
        self
    }

    pub(super) async fn connect(&self) -> Result<SqliteConnection, DbError> {
        let begins_well = !self.prefix.starts_with(|first: char| first.is_ascii_digit());
        if !begins_well || !self.prefix.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return Err(DbError::other(format!("`{}` is no beginning of a table's name: letters, digits and underscores", self.prefix)));
        }
        let began = Instant::now();
        loop {
            let error = match self.connect.connect().await {
                Ok(connection) => return Ok(SqliteConnection::new(connection, &self.prefix)),
                Err(error) => db_error(error),
            };
            // While another process changes a new file to WAL, SQLite does not wait.
            if !matches!(error, DbError::Unavailable { .. }) || began.elapsed() > self.busy {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

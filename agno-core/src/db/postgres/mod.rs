//! [`PostgresDb`]: sessions and runs on a PostgreSQL server.

mod connection;
mod listen;
mod migrate;
mod options;
#[cfg(test)]
mod plans;
mod statement;
mod write;

pub use options::PostgresOptions;

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use self::{connection::PgConnection, listen::Listen, statement::Shape};
use super::{
    DbError, LEASE,
    rows::Commit,
    sql::{Backend, Connection as _, Liveness, OwnerRow, Sql, SqlError, Store, args, forward, machine, time_number},
};

/// Sessions and runs on a PostgreSQL server, in a schema of their own.
///
/// Each value of it has one connection that writes: commits that come at once share one transaction. A connection that is lost is made anew, and what was under way
/// is neither lost nor done twice. Cloning it gives another handle to the same store; when the last one is gone, its connections end.
#[derive(Clone, Debug)]
pub struct PostgresDb(Store<Postgres>);

forward!(PostgresDb);

impl PostgresDb {
    /// Connects to a server, as in `postgres://user:password@host/database`. Needs a tokio runtime, as everything that it does.
    ///
    /// # Errors
    /// The server cannot be reached, refuses, or has the tables of a newer version.
    pub async fn connect(url: &str) -> Result<Self, DbError> {
        Self::options().connect(url).await
    }

    /// More to choose before it connects.
    pub fn options() -> PostgresOptions {
        PostgresOptions::default()
    }

    async fn open(options: PostgresOptions) -> Result<Self, DbError> {
        migrate::migrate(&options).await?;
        let owner = Uuid::now_v7();
        let backend = Postgres {
            options,
            owner_id: owner.to_string(),
            lock: lock_of(owner),
            ahead: AtomicI64::new(0),
            listen: Listen::default(),
            known: Mutex::default(),
            batches: Mutex::default(),
        };
        let connection = backend.connect_writer().await?;
        Store::new(backend, connection).map(Self)
    }
}

/// The number of an owner's advisory lock.
fn lock_of(owner: Uuid) -> i64 {
    owner.as_u64_pair().1.cast_signed()
}

/// A schema on a server.
#[derive(Debug)]
struct Postgres {
    options: PostgresOptions,
    owner_id: String,
    lock: i64,
    /// By how many nanoseconds the server's clock is ahead of this machine's.
    ahead: AtomicI64,
    listen: Listen,
    /// The fingerprints of definitions that are stored.
    known: Mutex<HashSet<String>>,
    /// The statements that make batches.
    batches: Mutex<HashMap<Shape, Arc<str>>>,
}

/// The server's time, in nanoseconds since 1970.
const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000000000)::bigint";

impl Postgres {
    /// Makes this owner known, which it is as long as the connection is there.
    async fn enter(&self, connection: &mut PgConnection) -> Sql<()> {
        // A connection that was lost may still have the lock, and something under way, until the server notices.
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid() \
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND ((classid::bigint << 32) | objid::bigint) = $1";
        connection.run(end, args![self.lock]).await?;
        connection.run("SELECT pg_advisory_lock($1)", args![self.lock]).await?;
        // Those that are gone for a day are forgotten, but for owners of runs, which need no row to be dead.
        let forget = format!("DELETE FROM owners WHERE lease_until < {NOW} - 86400000000000 AND id <> $1");
        connection.run(&forget, args![self.owner_id.as_str()]).await?;
        self.renew(connection).await?;
        let began = Timestamp::now();
        let server = connection.fetch("owners", &format!("SELECT {NOW}"), Vec::new()).await?.pop();
        if let Some(mut server) = server {
            // Between the question and the answer, so half of the way there.
            let half = began.duration_until(Timestamp::now()) / 2;
            let ours = began.saturating_add(half).unwrap_or(began);
            self.ahead.store(server.int()?.saturating_sub(time_number(ours)), Ordering::Relaxed);
        }
        Ok(())
    }
}

impl Backend for Postgres {
    type Connection = PgConnection;

    const BEGIN: &'static str = "BEGIN";

    async fn connect_writer(&self) -> Result<PgConnection, DbError> {
        let mut connection = self.options.open_connection().await?;
        self.enter(&mut connection).await.map_err(SqlError::into_db)?;
        Ok(connection)
    }

    async fn connect_reader(&self) -> Result<Option<PgConnection>, DbError> {
        self.options.open_connection().await.map(Some)
    }

    fn owner(&self) -> &str {
        &self.owner_id
    }

    async fn liveness(&self, connection: &mut PgConnection, owner: &OwnerRow) -> Sql<Liveness> {
        let Ok(id) = Uuid::parse_str(&owner.id) else { return Ok(Liveness::Dead) };
        // It goes with this transaction. Meanwhile the owner, should it come back, waits.
        let lock = connection.fetch("owners", "SELECT pg_try_advisory_xact_lock($1)", args![lock_of(id)]).await?.pop();
        if lock.is_none_or(|mut lock| lock.flag().unwrap_or(false)) {
            return Ok(Liveness::Dead);
        }
        if owner.machine == machine() {
            return Ok(Liveness::Alive);
        }
        Ok(if owner.lease_until > self.now() { Liveness::Leased(owner.lease_until) } else { Liveness::Dead })
    }

    async fn write(&self, connection: &mut PgConnection, number: i64, batch: &[Commit]) -> Sql<()> {
        self.write_batch(connection, number, batch).await
    }

    async fn tell(&self, connection: &mut PgConnection) -> Sql<()> {
        let others = format!("SELECT 1 FROM owners WHERE listens AND id <> $2 AND lease_until > (SELECT {NOW})");
        connection
            .run(&format!("SELECT pg_notify($1, '') WHERE EXISTS ({others})"), args![self.options.channel(), self.owner()])
            .await
            .map(drop)
    }

    fn told(&self) {}

    fn listen(&self, changes: &tokio::sync::watch::Sender<u64>) {
        self.listen.start(&self.options, &self.owner_id, changes);
    }

    async fn renew(&self, connection: &mut PgConnection) -> Sql<()> {
        let renew = format!(
            "INSERT INTO owners (id, machine, lease_until) VALUES ($1, $2, {NOW} + $3) \
             ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until"
        );
        let lease = LEASE.as_nanos() as i64;
        connection.run(&renew, args![self.owner_id.as_str(), machine(), lease]).await.map(drop)
    }

    fn has_others(&self) -> bool {
        true
    }

    fn resign(&self) {
        self.listen.stop();
    }

    fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_nanos(self.ahead.load(Ordering::Relaxed));
        let now = Timestamp::now();
        now.saturating_add(ahead).unwrap_or(now)
    }
}

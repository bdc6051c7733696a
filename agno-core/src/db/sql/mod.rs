//! What the stores that speak SQL have in common.
//!
//! Everything that writes goes through one queue to one connection ([`writer`]), which commits what waits together. Reads have connections of their own.
//! A backend says how to connect, how to write a batch, and whether an owner is alive ([`Backend`]). All other SQL is the same for all of them.
//!
//! In SQL text `~` stands before the names of tables: a backend puts its prefix there.

mod answer;
mod batch;
mod change;
pub(super) mod columns;
mod diagnose;
mod forward;
mod machine;
mod orphans;
#[cfg(test)]
pub(super) mod plans;
mod prune;
mod queue;
mod queued;
mod readers;
mod row;
pub(super) mod select;
mod store;
mod value;
mod writer;

pub(super) use forward::forward;
pub(super) use machine::machine;
pub(super) use row::{event_json, number, time_number};
pub(super) use store::Store;
pub(super) use value::{Arg, Cell, Fields, args, json};

use std::{fmt::Debug, future::Future};

use jiff::Timestamp;

use super::{DbError, rows::Commit};

/// What became of SQL that did not work.
#[derive(Debug)]
pub(super) enum SqlError {
    /// A constraint did not hold: somebody else was first, or the commit is wrong. [`diagnose`] finds out what it is.
    Refused(String),
    /// The same may work now: a deadlock was cut.
    Again(DbError),
    /// The connection is gone.
    Lost(DbError),
    /// Anything else.
    Failed(DbError),
}

impl SqlError {
    pub(super) fn into_db(self) -> DbError {
        match self {
            Self::Refused(reason) => DbError::other(reason),
            Self::Again(error) | Self::Lost(error) | Self::Failed(error) => error,
        }
    }
}

impl From<DbError> for SqlError {
    fn from(error: DbError) -> Self {
        Self::Failed(error)
    }
}

pub(super) type Sql<T> = Result<T, SqlError>;

/// A connection: runs one statement after the other.
pub(super) trait Connection: Debug + Send + 'static {
    /// Runs statements, and says how many rows they changed.
    fn run(&mut self, sql: &str, args: Vec<Arg>) -> impl Future<Output = Sql<u64>> + Send;

    /// Runs a query. `table` is for messages about rows that cannot be read.
    fn fetch(&mut self, table: &'static str, sql: &str, args: Vec<Arg>) -> impl Future<Output = Sql<Vec<Fields>>> + Send;

    /// Says good-bye.
    fn close(self) -> impl Future<Output = ()> + Send;
}

/// What differs.
pub(super) trait Backend: Debug + Send + Sync + 'static {
    type Connection: Connection;

    /// Begins a transaction that writes.
    const BEGIN: &'static str;

    /// The connection that writes. It is made again when it is lost.
    fn connect_writer(&self) -> impl Future<Output = Result<Self::Connection, DbError>> + Send;

    /// A connection that reads. `None`: there is one connection only.
    fn connect_reader(&self) -> impl Future<Output = Result<Option<Self::Connection>, DbError>> + Send;

    /// The name of this owner.
    fn owner(&self) -> &str;

    /// Whether another owner is alive.
    fn liveness(&self, connection: &mut Self::Connection, owner: &OwnerRow) -> impl Future<Output = Sql<Liveness>> + Send;

    /// Makes the commits, all or none. `number` grows with each batch: a batch whose outcome was unknown is tried again under its number, and is not made twice.
    fn write(&self, connection: &mut Self::Connection, number: i64, batch: &[Commit]) -> impl Future<Output = Sql<()>> + Send;

    /// Says, inside a transaction, that something changes.
    fn tell(&self, connection: &mut Self::Connection) -> impl Future<Output = Sql<()>> + Send;

    /// Something has changed.
    fn told(&self);

    /// Listens for what others change, from the first call on.
    fn listen(&self, changes: &tokio::sync::watch::Sender<u64>);

    /// Says that this owner lives.
    fn renew(&self, connection: &mut Self::Connection) -> impl Future<Output = Sql<()>> + Send;

    /// Whether there are others at all, who want to know that this owner lives.
    fn has_others(&self) -> bool;

    /// Nobody uses the store any more.
    fn resign(&self);

    /// The store's clock.
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// An owner, as it is stored.
#[derive(Debug)]
pub(super) struct OwnerRow {
    pub(super) id: String,
    /// Which machine it lives on.
    pub(super) machine: String,
    pub(super) lease_until: Timestamp,
}

/// What is known of an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Liveness {
    Dead,
    Alive,
    /// It has a lease, and more cannot be known from here.
    Leased(Timestamp),
}

use std::str::FromStr as _;

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};

use super::{
    PostgresDb,
    connection::{PgConnection, db_error},
};
use crate::db::DbError;

/// What can be chosen about a [`PostgresDb`] before it connects.
#[derive(Clone, Debug)]
#[must_use]
pub struct PostgresOptions {
    schema: String,
    connect: PgConnectOptions,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { schema: "agno".to_owned(), connect: PgConnectOptions::new_without_pgpass() }
    }
}

impl PostgresOptions {
    /// The schema that has the tables. It is made if there is none. Letters, digits and underscores; `agno` unless said otherwise.
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Connects to a server, as in `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// As for [`PostgresDb::connect`], and for a URL that is none, or a schema that is no name.
    pub async fn connect(self, url: &str) -> Result<PostgresDb, DbError> {
        let options = self.of_url(url)?;
        let place = format!("{}:{}", options.connect.get_host(), options.connect.get_port());
        PostgresDb::open(options).await.map_err(|error| error.at(place))
    }

    pub(super) fn of_url(mut self, url: &str) -> Result<Self, DbError> {
        let is_name = !self.schema.starts_with(|first: char| first.is_ascii_digit())
            && self.schema.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        // PostgreSQL cuts longer names, and channels are named after schemas.
        if !is_name || self.schema.is_empty() || self.schema.len() > 50 {
            return Err(DbError::other(format!("`{}` is no name for a schema: up to 50 letters, digits and underscores", self.schema)));
        }
        let connect = PgConnectOptions::from_str(url).map_err(db_error)?;
        self.connect =
            connect.options([("search_path", self.quoted())]).options(PLANS).application_name("agno").disable_statement_logging();
        Ok(self)
    }

    pub(super) fn quoted(&self) -> String {
        format!("\"{}\"", self.schema)
    }

    pub(super) fn schema_name(&self) -> &str {
        &self.schema
    }

    /// Where changes are told.
    pub(super) fn channel(&self) -> String {
        format!("agno_{}", self.schema)
    }

    pub(super) fn connect_options(&self) -> PgConnectOptions {
        self.connect.clone()
    }

    pub(super) async fn open_connection(&self) -> Result<PgConnection, DbError> {
        self.connect.connect().await.map(PgConnection::new).map_err(db_error)
    }
}

/// All that is asked for is found by an index, in its order. PostgreSQL plans for the tables as they were when it last looked at them, and that were empty in the
/// beginning: then it reads them as a whole, or sorts them, until it looks again.
const PLANS: [(&str, &str); 8] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("enable_sort", "off"),
    ("enable_incremental_sort", "off"),
    ("jit", "off"),
    // Planning a batch takes longer than making it.
    ("plan_cache_mode", "force_generic_plan"),
];

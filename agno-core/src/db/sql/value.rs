//! Arguments and results of SQL, as all backends have them.

use std::{
    fmt::{self, Display, Formatter},
    sync::Arc,
    vec,
};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::row::time_number;
use crate::db::DbError;

/// An argument.
#[derive(Clone, Debug)]
pub(in crate::db) enum Arg {
    Text(Option<String>),
    /// A text that several arguments have.
    Shared(Arc<str>),
    Int(Option<i64>),
    Bytes(Arc<[u8]>),
    /// Only PostgreSQL has lists.
    #[cfg(feature = "postgres")]
    Texts(Vec<Option<String>>),
    #[cfg(feature = "postgres")]
    Ints(Vec<Option<i64>>),
}

/// `args![a, b]`: a list of arguments.
macro_rules! args {
    ($($arg:expr),* $(,)?) => { vec![$($crate::db::sql::Arg::from($arg)),*] };
}
pub(in crate::db) use args;

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Arg {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<&Option<String>> for Arg {
    fn from(text: &Option<String>) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Arc<str>> for Arg {
    fn from(text: Arc<str>) -> Self {
        Self::Shared(text)
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Arg {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Arg {
    fn from(flag: bool) -> Self {
        Self::Int(Some(i64::from(flag)))
    }
}

impl From<Arc<[u8]>> for Arg {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Timestamp> for Arg {
    fn from(time: Timestamp) -> Self {
        Self::Int(Some(time_number(time)))
    }
}

/// JSON as it is stored.
pub(in crate::db) fn json(value: &impl Serialize) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(DbError::other)
}

/// What stands in a column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::db) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Display for Cell {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("nothing"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "`{text}`"),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

/// The columns of a row, which are read from left to right.
#[derive(Debug)]
pub(in crate::db) struct Fields {
    table: &'static str,
    /// The first text of the row, which is its key or begins it.
    key: String,
    cells: vec::IntoIter<Cell>,
}

impl Fields {
    pub(in crate::db) fn new(table: &'static str, cells: Vec<Cell>) -> Self {
        let text = cells.iter().find_map(|cell| if let Cell::Text(text) = cell { Some(text.chars().take(200).collect()) } else { None });
        Self { table, key: text.unwrap_or_default(), cells: cells.into_iter() }
    }

    fn corrupt(&self, reason: impl ToString) -> DbError {
        DbError::Corrupt { place: format!("{} `{}`", self.table, self.key), reason: reason.to_string() }
    }

    fn next(&mut self) -> Cell {
        self.cells.next().unwrap_or(Cell::Null)
    }

    pub(in crate::db) fn maybe_text(&mut self) -> Result<Option<String>, DbError> {
        match self.next() {
            Cell::Null => Ok(None),
            Cell::Text(text) => Ok(Some(text)),
            cell => Err(self.corrupt(format!("text was expected, and {cell} is there"))),
        }
    }

    pub(in crate::db) fn text(&mut self) -> Result<String, DbError> {
        self.maybe_text()?.ok_or_else(|| self.corrupt("text was expected, and nothing is there"))
    }

    pub(in crate::db) fn maybe_int(&mut self) -> Result<Option<i64>, DbError> {
        match self.next() {
            Cell::Null => Ok(None),
            Cell::Int(number) => Ok(Some(number)),
            cell => Err(self.corrupt(format!("a number was expected, and {cell} is there"))),
        }
    }

    pub(in crate::db) fn int(&mut self) -> Result<i64, DbError> {
        self.maybe_int()?.ok_or_else(|| self.corrupt("a number was expected, and nothing is there"))
    }

    pub(in crate::db) fn bytes(&mut self) -> Result<Vec<u8>, DbError> {
        match self.next() {
            Cell::Bytes(bytes) => Ok(bytes),
            cell => Err(self.corrupt(format!("bytes were expected, and {cell} is there"))),
        }
    }

    /// A number that counts something.
    pub(in crate::db) fn count(&mut self) -> Result<u64, DbError> {
        let number = self.int()?;
        u64::try_from(number).map_err(|_| self.corrupt(format!("a count was expected, and {number} is there")))
    }

    pub(in crate::db) fn flag(&mut self) -> Result<bool, DbError> {
        Ok(self.int()? != 0)
    }

    pub(in crate::db) fn time(&mut self) -> Result<Timestamp, DbError> {
        let nanoseconds = self.int()?;
        Timestamp::from_nanosecond(nanoseconds.into()).map_err(|error| self.corrupt(error))
    }

    pub(in crate::db) fn maybe_time(&mut self) -> Result<Option<Timestamp>, DbError> {
        let Some(nanoseconds) = self.maybe_int()? else { return Ok(None) };
        Timestamp::from_nanosecond(nanoseconds.into()).map(Some).map_err(|error| self.corrupt(error))
    }

    pub(in crate::db) fn maybe_json(&mut self) -> Result<Option<Value>, DbError> {
        let Some(text) = self.maybe_text()? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|error| self.corrupt(error))
    }

    pub(in crate::db) fn json(&mut self) -> Result<Value, DbError> {
        self.maybe_json()?.ok_or_else(|| self.corrupt("JSON was expected, and nothing is there"))
    }

    /// What the row says, where the reader finds it wrong.
    pub(in crate::db) fn wrong(&self, reason: impl ToString) -> DbError {
        self.corrupt(reason)
    }
}

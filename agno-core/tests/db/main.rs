//! Stores do what every store does, and what their own kind promises beside it.
#![cfg(feature = "testing")]

mod every_store;
mod in_memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod postgres_faults;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod sqlite_faults;
mod support;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod waiting;

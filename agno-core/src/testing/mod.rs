//! Tools for tests.

#[cfg(feature = "audit")]
pub mod audit;
pub mod grammar;

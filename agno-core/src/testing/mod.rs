//! Tools for tests.

#[cfg(feature = "audit")]
pub mod audit;
pub mod grammar;
mod lints;

pub use lints::assert_no_lints;

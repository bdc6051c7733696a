//! Tools for tests.

pub mod grammar;

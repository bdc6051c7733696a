//! Tests of combinations: generated workflows, run against an interpreter that knows nothing of the runtime.
//!
//! [`generate`] makes workflows as data. `build.rs` prints them as `workflow!` source, which the tests of this crate include; a test makes the
//! same data again, interprets it with [`interpret`], and compares. [`drive`] is how a test runs a workflow: streamed, with questions answered,
//! and once more with the run's future dropped here and there.

#![allow(missing_docs, missing_debug_implementations, reason = "a crate of tests")]

pub mod drive;
pub mod generate;
pub mod interpret;
pub mod steps;

pub use drive::check;

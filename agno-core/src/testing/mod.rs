//! Tools for tests: doubles for steps, answers given in advance, events as text, checks of plans and of values.
//!
//! What changes a run ([`RunBuilder::doubles`](crate::RunBuilder::doubles), `RunBuilder::roundtrip`) needs the feature `testing`, which belongs
//! to the `dev-dependencies`: without it a step has no code for doubles. The guide is [`docs::testing`](https://docs.rs/agno).

mod answers;
#[cfg(feature = "audit")]
pub mod audit;
#[cfg(feature = "testing")]
mod crash;
#[cfg(feature = "testing")]
mod db_suite;
mod definition;
#[cfg(feature = "testing")]
mod doomed;
mod double;
mod event_log;
pub mod grammar;
mod lints;
#[cfg(feature = "testing")]
mod run;

#[doc(inline)]
pub use crate::__assert_definition as assert_definition;
pub use answers::Answers;
#[cfg(feature = "testing")]
pub use crash::{CrashReport, crash_matrix, crash_matrix_with};
#[cfg(feature = "testing")]
pub use db_suite::{Opened, db_suite};
#[doc(hidden)]
pub use definition::assert_definition_in;
#[cfg(feature = "testing")]
pub use doomed::Doomed;
#[cfg(feature = "testing")]
pub(crate) use double::NestedDouble;
pub use double::{Double, Script, double_of};
pub use event_log::EventLog;
pub use lints::assert_no_lints;
#[cfg(feature = "testing")]
pub(crate) use run::Testing;

#![doc = include_str!("../README.md")]

pub use agno_core::*;
#[doc = include_str!("docs/macro_step.md")]
pub use agno_macros::step;
#[doc = include_str!("docs/macro_workflow.md")]
pub use agno_macros::workflow;

pub mod docs;
pub mod prelude;

//! Workflows that the compiler checks.

pub use agno_core::*;
pub use agno_macros::{step, workflow};

pub mod prelude;

//! Where sessions and runs are kept.

mod memory;
mod row;

pub use memory::InMemoryDb;
pub(crate) use row::{Failure, Live, Row};

//! Faults under a whole workflow: whatever happens to the store, a run gives the right result or a typed error, loses nothing that was committed, and can be
//! resumed afterwards.

mod clock;
mod corrupt;
mod crowd;
mod full;
mod limited;
mod locked;
mod read_only;
#[cfg(feature = "postgres")]
mod server;
#[path = "../support/mod.rs"]
mod support;
mod whole;

//! Runs whose processes die, are cut off, or look at each other, on each store.

mod events;
mod kept;
mod keys;
mod leases;
mod once;
#[path = "../support/mod.rs"]
mod support;
mod warnings;

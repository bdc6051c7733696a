//! What several owners and several users do with one store, on each store, that in memory too.

mod conflicts;
mod keeping;
mod lists;
#[path = "../support/mod.rs"]
mod support;
mod taken_on;
mod timers;
mod users;

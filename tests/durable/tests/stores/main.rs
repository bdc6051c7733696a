//! What several owners and several users do with one store, on each store, that in memory too.

mod keeping;
#[path = "../support/mod.rs"]
mod support;
mod users;

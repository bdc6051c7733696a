//! Workflows as data: what is printed as `workflow!` source and what the interpreter of the tests runs are the same values.
//!
//! This module needs nothing but `std`, since `build.rs` compiles it too.

pub mod constructs;
pub mod draft;
pub mod model;
pub mod options;
pub mod pairs;
pub mod print;
pub mod random;
pub mod rng;
pub mod shape;
pub mod size;

use model::Suite;

/// Every suite, in the order of the test binaries.
pub fn suites() -> Vec<Suite> {
    let mut suites = pairs::suites();
    suites.extend(options::suites());
    suites.extend(random::suites());
    suites
}

/// The suite of a test binary.
pub fn suite(name: &str) -> Suite {
    suites().into_iter().find(|suite| suite.name == name).expect("a test binary is named like its suite")
}

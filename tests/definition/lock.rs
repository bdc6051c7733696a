//! `assert_definition!`: the definition that is committed.

use agno::testing::assert_definition;

use super::*;

mod first {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        inc;
        ask review: u32 = "How many?";
        loop grow (max = 2) { inc; }
    } }
}

/// The one of `first`, later.
mod second {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        inc as before;
        inc;
        ask review: bool = "Is it good?";
        map |review| u32::from(*review);
        #[was("grow")]
        loop rise (max = 3) { inc; }
    } }
}

#[test]
fn the_committed_definition() {
    assert_definition!(first::Flow, "tests/definition/flow.lock.json");
}

#[test]
fn a_missing_file_is_told_with_how_to_make_it() {
    let told = told(|| assert_definition!(first::Flow, "tests/definition/none.lock.json"));
    assert!(told.contains("there is no lock file") && told.contains("AGNO_UPDATE=1"), "{told}");
}

#[test]
fn a_change_is_told_with_what_it_means_to_runs_in_flight() {
    let told = told(|| assert_definition!(second::Flow, "tests/definition/flow.lock.json"));
    let lines: Vec<&str> = told.lines().skip(1).map(str::trim).collect();
    let expected = [
        "`before` is new, and stands before `inc`",
        "runs that have recorded `inc` cannot go on: put it after what runs in flight have recorded, or start the run anew",
        "the type of the answer to `review` has changed: it was `uint32`, and is `boolean`",
        "runs whose recorded `review` does not satisfy the new type cannot go on: write `migrate = from_old` in the node's `with (…)`, \
         a function `fn(Old) -> New`, or start the run anew",
        "`map` is new, and stands before `grow`",
        "runs that have recorded `grow` cannot go on: put it after what runs in flight have recorded, or start the run anew",
        "`grow` is called `rise` now",
        "runs in flight go on",
        "`max` of `grow` was 2, and is 3",
        "runs that have recorded `grow` cannot go on: put it back, or start the run anew",
        "`double` is gone, and `before` is new",
        "runs that have recorded `double` cannot go on: if `before` is the same node, write `#[was(\"double\")]` above it; \
         else put `double` back, or start the run anew",
        "if that is meant, run the test with `AGNO_UPDATE=1` in the environment, and commit the file",
    ];
    assert_eq!(lines, expected, "{told}");
}

/// What an assertion says that fails.
fn told(assertion: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(assertion).expect_err("the assertion fails");
    *panic.downcast::<String>().expect("a text")
}

//! What the compiler says about wrong programs: one mistake per file, one error per mistake.
//!
//! `TRYBUILD=overwrite cargo test --test ui` writes what it says now; read it before you commit it.

#[test]
fn wrong_programs_get_one_good_error() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/*.rs");
    cases.compile_fail("tests/ui/*/*/*.rs");
}

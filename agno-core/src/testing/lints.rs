//! A test that a plan has no lints.

use crate::plan::{LintKind, Plan};

/// Asserts that a plan has no lints but those that are allowed, by kind and path: `assert_no_lints(Digest::PLAN, &[])`.
///
/// # Panics
/// With every lint that is not allowed, and with every allowance that nothing needs any more.
#[track_caller]
pub fn assert_no_lints(plan: &Plan, allowed: &[(LintKind, &str)]) {
    let lints = plan.lint();
    let is = |(kind, path): &(LintKind, &str), lint: &crate::Lint| lint.kind == *kind && lint.path == *path;
    let found = lints.iter().filter(|lint| !allowed.iter().any(|allowance| is(allowance, lint)));
    let stale = allowed.iter().filter(|allowance| !lints.iter().any(|lint| is(allowance, lint)));
    let mut wrong: Vec<_> = found.map(ToString::to_string).collect();
    wrong.extend(stale.map(|(kind, path)| format!("`{path}`: {kind} is allowed, and nothing there needs it; take it out of the list")));
    assert!(wrong.is_empty(), "the plan of `{}` has lints:\n  {}", plan.type_name, wrong.join("\n  "));
}

//! Lints: what the compiler cannot see.

use agno::{LintKind, Plan, prelude::*, testing::assert_no_lints};

use crate::fixtures::{Conditions, Group, Items, Side, both, is_long, longer, publish, same};

fn lints(plan: &Plan) -> Vec<String> {
    plan.lint().iter().map(ToString::to_string).collect()
}

workflow! { NoUntil(text: String) -> String { loop grow (max = 3) { longer; } loop once (max = 1, until = is_long) { same; } } }

#[test]
fn a_loop_without_until() {
    assert_eq!(
        lints(NoUntil::PLAN),
        ["`grow`: always runs 3 times, since nothing ends it before; write `until = predicate`, or allow it if that is meant \
             (loop_without_until)"]
    );
}

workflow! { Asks(text: String) -> String { ask inner: String = "?"; } }
workflow! {
    AsksAgain(text: String) -> String {
        ask before: String = "?";
        loop rounds (max = 3, until = is_long) {
            ask each_time: String = "?";
            condition maybe (is_long) { Asks; }
            ask in_time: String = "?" with (timeout = "1h");
        }
    }
}

#[test]
fn a_question_without_timeout_in_a_loop_at_any_depth() {
    let lints = AsksAgain::PLAN.lint();
    let found: Vec<_> = lints.iter().map(|lint| (lint.kind, lint.path.as_str())).collect();
    let kind = LintKind::AskWithoutTimeoutInLoop;
    assert_eq!(found, [(kind, "rounds/each_time"), (kind, "rounds/maybe/asks/inner")]);
    assert_eq!(
        lints[1].message,
        "waits in every iteration of `rounds`, and each time for ever; write `with (timeout = \"24h\", default = …)`, or ask before or after \
         the loop"
    );
}

workflow! { Publishes(text: String) -> String { publish; } }
workflow! {
    PublishesAgain(text: String) -> String {
        publish as good;
        publish as bad with (retry = 2);
        Publishes as fine;
        Publishes as worse with (retry = 1);
    }
}

#[test]
fn a_retry_of_what_must_run_once() {
    assert_eq!(
        lints(PublishesAgain::PLAN),
        [
            "`bad`: must run once and is tried 3 times when it fails; drop `retry`, or make it `effect = idempotent` with \
             `ctx.idempotency_key()` (retry_of_once)",
            "`worse/publish`: must run once, but `worse` round it has `retry`, which starts the whole nested workflow anew; drop that \
             `retry`, or move this step out (retry_of_once)",
        ]
    );
}

workflow! {
    Repeats(text: String) -> String {
        parallel two { Group; steps second { Group as again; same; } }
        both;
        condition sides (is_long) { Group as long; } else { Group as short; same as rest; }
        router arms (|text| text.len()) { 0 => Group(text) as zero, 1 => { same as first; Group(text) as one; } _ => Group(text) as other }
    }
}

#[test]
fn a_nested_workflow_that_is_repeated() {
    assert_eq!(
        lints(Repeats::PLAN),
        [
            "`two/second/again`: runs `Group as again` on the same value as `two/group` does; run it once before the branches, and name its \
             value in each (repeated_workflow)",
            "`sides/short`: runs `Group as short` on the same value as `sides/long` does; every way does so: run it once before, and name its \
             value (repeated_workflow)",
            "`arms/one`: runs `Group(text) as one` on the same value as `arms/zero` does; every way does so: run it once before, and name its \
             value (repeated_workflow)",
        ]
    );
}

workflow! {
    Differs(text: String) -> String {
        parallel two { Group(text); steps second { same; Group as again; } }
        both;
        condition one_side (is_long) { Group as long; } else { same as short; }
        condition other_value (is_long) { same as a; Group(a) as left; } else { longer as a; Group(a) as right; }
        router some (|text| text.len()) { 0 => Group as zero, 1 => Group as one, _ => same as other }
    }
}

#[test]
fn other_values_and_ways_that_do_without_are_no_repetition() {
    assert_no_lints(Differs::PLAN, &[]);
}

#[test]
fn most_plans_have_none() {
    for plan in [Side::PLAN, Items::PLAN, Conditions::PLAN, Group::PLAN] {
        assert_no_lints(plan, &[]);
    }
}

#[test]
fn what_is_meant_is_allowed() {
    assert_no_lints(NoUntil::PLAN, &[(LintKind::LoopWithoutUntil, "grow")]);
}

#[test]
#[should_panic(expected = "the plan of `NoUntil` has lints:\n  `grow`: always runs 3 times")]
fn what_is_not_allowed_fails_the_test() {
    assert_no_lints(NoUntil::PLAN, &[(LintKind::LoopWithoutUntil, "once")]);
}

#[test]
#[should_panic(expected = "`once`: loop_without_until is allowed, and nothing there needs it; take it out of the list")]
fn a_stale_allowance_fails_the_test() {
    assert_no_lints(NoUntil::PLAN, &[(LintKind::LoopWithoutUntil, "grow"), (LintKind::LoopWithoutUntil, "once")]);
}

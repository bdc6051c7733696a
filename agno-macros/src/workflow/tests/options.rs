//! Mistakes in options.

use super::assert_in_body;

#[test]
fn options() {
    assert_in_body(
        "write with (retires = 3);",
        &[(
            "retires",
            "unknown option `retires`; did you mean `retry`? expected one of `retry`, `backoff`, `max_backoff`, `retry_if`, `timeout`, `label`, `history`, `on_error`, `migrate`",
        )],
    );
    assert_in_body("write with (retry = 3, retry = 4);", &[("retry", "option `retry` is given twice")]);
    assert_in_body("write with (retry);", &[("retry", "option `retry` needs a value; write `retry = 3`")]);
    assert_in_body("write with (timeout = 30);", &[("30", r#"expected a duration, such as `"200ms"`, `"30s"` or `"24h"`"#)]);
    assert_in_body(
        r#"write with (timeout = "30 s");"#,
        &[(r#""30 s""#, r#"`30 s` is no duration; write a whole number and a unit of `us`, `ms`, `s`, `m`, `h`, `d`, such as `"30s"`"#)],
    );
    assert_in_body("write with (label = 3);", &[("3", r#"option `label` is a text in quotes; write `label = "Write the article"`"#)]);
    assert_in_body(
        "write with (limit = 3);",
        &[(
            "limit",
            "option `limit` means nothing on a step; expected one of `retry`, `backoff`, `max_backoff`, `retry_if`, `timeout`, `label`, `history`, `on_error`, `migrate`",
        )],
    );
    assert_in_body(
        r#"write with (max_retries = 3, retires = 2, timeout = "x");"#,
        &[
            ("max_retries", "`max_retries` is Agno's word; write `retry = 3`"),
            (
                "retires",
                "unknown option `retires`; did you mean `retry`? expected one of `retry`, `backoff`, `max_backoff`, `retry_if`, `timeout`, `label`, `history`, `on_error`, `migrate`",
            ),
            (r#""x""#, r#"`x` is no duration; write a whole number and a unit of `us`, `ms`, `s`, `m`, `h`, `d`, such as `"30s"`"#),
        ],
    );
    assert_in_body(
        "parallel p (retry = 3) { a; }",
        &[(
            "retry",
            "option `retry` means nothing on `parallel`; write it on the steps inside; expected one of `limit`, `timeout`, `label`, `on_error`",
        )],
    );
    assert_in_body("parallel p (limit = 0) { a; }", &[("0", "`limit = 0` would run nothing; write 1 or more")]);
    assert_in_body(
        "steps s (max = 3) { a; }",
        &[("max", "option `max` means nothing on `steps`; expected one of `timeout`, `label`, `on_error`")],
    );
    assert_in_body(
        r#"steps s (name = "x") { a; }"#,
        &[("name", r#"a node is named by `as name`, and for people by `label = "…"`; expected one of `timeout`, `label`, `on_error`"#)],
    );
    assert_in_body(
        r#"sleep "10m" with (timeout = "3s");"#,
        &[("timeout", "option `timeout` means nothing on `sleep`; expected one of `label`")],
    );
    assert_in_body(
        r#"sleep "10 minutes";"#,
        &[(
            r#""10 minutes""#,
            r#"`10 minutes` is no duration; write a whole number and a unit of `us`, `ms`, `s`, `m`, `h`, `d`, such as `"30s"`"#,
        )],
    );
    assert_in_body("sleep 10;", &[("10", r#"expected a duration, such as `"200ms"`, `"30s"` or `"24h"`"#)]);
    assert_in_body(
        "router r (s, choices = [a, b]) { A => a }",
        &[("choices", "`choices` is Agno's word; choices are the arms of the router: `router name (selector) { Pattern => node, … }`")],
    );
    assert_in_body(
        "condition c (evaluator = p) { a; }",
        &[("evaluator", "`evaluator` is Agno's word; the predicate stands first in the parentheses: `condition name (predicate) { … }`")],
    );
    assert_in_body(
        r#"condition c (label = "C", p) { a; }"#,
        &[("label", "the predicate comes first; write `condition c (has_claims, …) { … }`")],
    );
    assert_in_body(
        r#"steps s { a; } with (timeout = "3s") b;"#,
        &[("with", "the options of a block stand in the parentheses before it, without `with`")],
    );
    assert_in_body("steps s { a; } with (s == s);", &[]);
    assert_in_body("a(retry = 3);", &[("=", "an argument assigns nothing; options stand behind `with`: `… with (retry = …);`")]);
    assert_in_body(
        "a(vec![b.parse()?]);",
        &[("?", "`?` cannot leave an argument; put it into a step, which may fail or end the workflow")],
    );
    assert_in_body(
        "write with (executor = x);",
        &[("executor", "`executor` is Agno's word; write `use name: Type;` as a line of the workflow, and `name;` where it runs")],
    );
    assert_in_body(
        r#"ask a: A = "?" with (default = A::No);"#,
        &[("default", r#"`default` is the answer when time runs out; add `timeout = "24h"`"#)],
    );
    assert_in_body("ask a: A;", &[("a", r#"`ask a` needs a question; write `ask a: Type = "…?";`"#)]);
}

#[test]
fn on_error() {
    assert_in_body(
        "parallel p (on_error = none) { a; }",
        &[(
            "none",
            "`none` means nothing on `parallel`, which has one value per branch; write it on the branches, or `on_error = collect`",
        )],
    );
    assert_in_body(
        "write with (on_error = collect);",
        &[("collect", "`collect` is for `parallel` and `each`, which have several values; on a step write `on_error = none`")],
    );
    assert_in_body(
        "steps s (on_error = fallback(b)) { a; }",
        &[("fallback", "`fallback` is for steps: it gets the same arguments; expected one of `fail`, `skip`, `none`, `pause`")],
    );
    assert_in_body(
        "write with (on_error = fallback);",
        &[("fallback", "`fallback` needs a step; write `on_error = fallback(other_step)`")],
    );
    assert_in_body(
        "write with (on_error = fallback(b(1)));",
        &[("(", "a fallback gets what the step got; write its name alone, `fallback(other_step)`")],
    );
    assert_in_body(
        "write with (on_error = contineu);",
        &[("contineu", "`contineu` is no value of `on_error`; expected one of `fail`, `skip`, `none`, `fallback`, `pause`")],
    );
    assert_in_body(
        "write with (on_error = slip);",
        &[("slip", "`slip` is no value of `on_error`; did you mean `skip`? expected one of `fail`, `skip`, `none`, `fallback`, `pause`")],
    );
    assert_in_body(
        r#"ask a: A = "?" with (on_error = pause);"#,
        &[("pause", "`pause` means nothing on `ask`; expected one of `fail`, `skip`, `none`")],
    );
}

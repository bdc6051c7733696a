//! Mistakes in how values meet, and in expressions.

use super::assert_in_body;

#[test]
fn counts() {
    assert_in_body(
        "parallel p { a; b; } condition c (|a, b| true) { verify; }",
        &[(
            "verify",
            "without `else` the value before passes through, and the body gives 1 value, where there are 2 before; write an `else`, or `map`",
        )],
    );
    assert_in_body(
        "condition c (p) { parallel x { a; b; } }",
        &[(
            "x",
            "without `else` the value before passes through, and the body gives 2 values, where there is 1 before; write an `else`, or `map`",
        )],
    );
    assert_in_body(
        "condition c (p) { a; } else { parallel x { a; b; } }",
        &[("x", "both sides give the same number of values: this one gives 2, the first one 1; `map |a, b| …` makes one of several")],
    );
    assert_in_body(
        "loop l (max = 3) { parallel x { a; b; } }",
        &[("x", "an iteration gives what the next one gets: this body gives 2 values, and starts with 1; `restart` starts each anew")],
    );
    assert_in_body(
        "router r (s) { A => a, B => b, C => parallel x { c; d; }, D => parallel y { e; f; } }",
        &[("x", "all arms give the same number of values: this one gives 2, the first one 1; `map |a, b| …` makes one of several")],
    );
    assert_in_body(
        "router r (s, many) { A => a, B => parallel x { c; d; } }",
        &[("x", "with `many` an arm gives what the next one gets: this one gives 2 values, and starts with 1")],
    );
    assert_in_body(
        "parallel p { a; b; } write with (on_error = skip);",
        &[("skip", "`skip` lets the value before pass: this node gives 1 value, where there are 2 before; write `on_error = none`")],
    );
    assert_in_body(
        "parallel p (on_error = skip) { a; b; }",
        &[("skip", "`skip` lets the value before pass: this node gives 2 values, where there is 1 before; write `on_error = none`")],
    );
    assert_in_body(
        "parallel p { a; b; } each e { c; }",
        &[("e", "`each` goes over one list, and there are 2 here; `map |a, b| …` makes one of several")],
    );
    assert_in_body(
        "parallel p { a; b; c; d; e; f; g; h; i; j; k; l; m; } map |a| a;",
        &[("|", "a closure takes up to 12 values, and there are 13 here; write a step")],
    );
    assert_in_body(
        "parallel p { a; b; c; d; e; f; g; h; i; j; k; l; m; }",
        &[("p", "13 values become one tuple here, which holds up to 12; `map` them into a struct")],
    );
}

#[test]
fn expressions() {
    assert_in_body("write(topic.get().await);", &[("await", "an argument cannot await; put it into a step, and use the step's name")]);
    assert_in_body(
        "write(topic.get()?, { return 3; });",
        &[
            ("?", "`?` cannot leave an argument; put it into a step, which may fail or end the workflow"),
            ("return", "`return` cannot leave an argument; put it into a step, which may fail or end the workflow"),
        ],
    );
    assert_in_body("write(async { topic.get().await? }, || { return 3; }, { loop { break; } });", &[]);
    assert_in_body(
        r#"write({ break; }, format!("{}", x.await));"#,
        &[
            ("break", "`break` cannot leave an argument; put it into a step, which may fail or end the workflow"),
            ("await", "an argument cannot await; put it into a step, and use the step's name"),
        ],
    );
    assert_in_body(
        "condition c (|d| d.get().await) { write; }",
        &[("await", "a predicate cannot await; put it into a step, and use the step's name")],
    );
    assert_in_body(
        "condition c (async |d| true) { write; }",
        &[("async", "a predicate cannot await; put it into a step, and use the step's name")],
    );
    assert_in_body("map |d| &d.title;", &[("&", "a `map` gives a value of its own, which is recorded; write `.clone()` for this `&`")]);
    assert_in_body("map |d| { d.check()?; d.title.clone() };", &[]);
    assert_in_body("map |d| d.get().await;", &[("await", "a `map` cannot await; put it into a step, and use the step's name")]);
    assert_in_body(
        "router r (s) { A if topic.get().await => write, _ => write }",
        &[("await", "a guard cannot await; put it into a step, and use the step's name")],
    );
    assert_in_body(
        "ask a: A = topic.question().await;",
        &[("await", "a question cannot await; put it into a step, and use the step's name")],
    );
}

#[test]
fn declarations() {
    assert_in_body("use db: Agent; write;", &[("db", "`db` is an option of the builder; give this executor another name")]);
    assert_in_body("use a: Agent; use a: Agent; write;", &[("a", "`a` is declared twice")]);
    assert_in_body("state a: A; state b: B; write;", &[("b", "a workflow has one state; put both into one struct")]);
    assert_in_body("state a: A; state a: A; write;", &[("a", "`a` is declared twice")]);
    assert_in_body("extra a: A; extra b: B; write;", &[("b", "a workflow has one `extra`; put both into one struct")]);
    assert_in_body("use a: Agent; state a: A; write;", &[("a", "`a` is declared twice")]);
    assert_in_body(
        "state a: A = load()?; write;",
        &[("?", "`?` cannot leave the first state; put it into a step, which may fail or end the workflow")],
    );
}

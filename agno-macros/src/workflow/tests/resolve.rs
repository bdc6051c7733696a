//! Mistakes in names.

use super::assert_in_body;

#[test]
fn names_that_mean_nothing() {
    assert_in_body("write(price);", &[("price", "`price` is no value here; names are the input and the nodes that ran before: `topic`")]);
    assert_in_body("write(topci);", &[("topci", "`topci` is no value here; did you mean `topic`?")]);
    assert_in_body("write(polish); polish;", &[("polish", "`polish` has no value yet: a name can be used after its node")]);
    assert_in_body(
        "write(&draft.title, topics.len());",
        &[
            ("draft", "`draft` is no value here; names are the input and the nodes that ran before: `topic`"),
            ("topics", "`topics` is no value here; did you mean `topic`?"),
        ],
    );
    assert_in_body("write(write);", &[("write", "`write` has no value yet: a name can be used after its node")]);
    assert_in_body(
        "parallel research { hn; web(hn); } write(hn);",
        &[
            ("hn", "`hn` is another branch of `research`, and runs beside this one; use it after the join, as `research.hn`"),
            ("hn", "`hn` is a branch of `research`; write `research.hn`"),
        ],
    );
    assert_in_body(
        "condition check (p) { verify; } write(verify);",
        &[("verify", "`verify` lives in `check`, and ends with it; the value of the whole is `check`")],
    );
    assert_in_body(
        "loop refine (max = 3) { improve; } write(improve);",
        &[("improve", "`improve` lives in `refine`, and ends with it; the value of the whole is `refine`")],
    );
    assert_in_body(
        "loop refine (max = 3, until = done(refine)) { improve; }",
        &[("refine", "`refine` has no value yet: a name can be used after its node")],
    );
    assert_in_body(
        "each pages |url| { fetch(url); } write(url);",
        &[("url", "`url` lives in `pages`, and ends with it; the value of the whole is `pages`")],
    );
    assert_in_body(
        "router r (kind) { Kind::A(x) => one(x), _ => two(x) }",
        &[("x", "`x` lives in another side of `r`, which does not run when this one does")],
    );
    assert_in_body("steps s { a; b; } steps t { c(a); }", &[("a", "`a` lives in `s`, and ends with it; the value of the whole is `s`")]);
}

#[test]
fn names_that_are_no_values() {
    assert_in_body(
        "use editor: Agent<Article>; state usage: Usage; extra client: Client; write(editor, usage, client);",
        &[
            ("editor", "`editor` is no value: it is an executor, which is run: `name;`"),
            ("usage", "`usage` is no value: it is the session's state: a step reads it by `#[state]`, and changes it by `&mut`"),
            ("client", "`client` is no value: it is the run's additional data: a step reads it by `#[extra]`"),
        ],
    );
}

#[test]
fn a_name_is_used_once() {
    assert_in_body(
        "write; write;",
        &[("write", "`write` is a name already; names are the keys of the records, so write `… as other_name`")],
    );
    assert_in_body("topic;", &[("topic", "`topic` is a name already; names are the keys of the records, so write `… as other_name`")]);
    assert_in_body(
        "write; write(topic) as second; write(topic) as second;",
        &[("second", "`second` is a name already; names are the keys of the records, so write `… as other_name`")],
    );
    assert_in_body(
        "parallel p { a; a; }",
        &[("a", "`a` is a name already; names are the keys of the records, so write `… as other_name`")],
    );
    assert_in_body(
        "parallel p { a; } p;",
        &[("p", "`p` is a name already; names are the keys of the records, so write `… as other_name`")],
    );
    assert_in_body(
        "steps s { a; b; a; }",
        &[("a", "`a` is a name already; names are the keys of the records, so write `… as other_name`")],
    );
    assert_in_body(
        "FactCheck; fact_check;",
        &[("fact_check", "`fact_check` is a name already; names are the keys of the records, so write `… as other_name`")],
    );
    assert_in_body(
        "map |a| a.x; map |b| b.y;",
        &[("map", "a second `map` needs a name of its own, so that their records are told apart; write `map as name …`")],
    );
    assert_in_body(
        r#"sleep "1s"; sleep "2s";"#,
        &[("sleep", "a second `sleep` needs a name of its own, so that their records are told apart; write `sleep as name …`")],
    );
    assert_in_body(
        "write as select; polish as error;",
        &[
            ("select", "`select` is what paths call a part of a container; write `… as other_name`"),
            ("error", "`error` is what paths call a part of a container; write `… as other_name`"),
        ],
    );
    assert_in_body(
        "parallel p { write as r#if; b as many; }",
        &[
            ("r#if", "`if` is what paths call a part of a container; write `… as other_name`"),
            ("many", "`many` is what paths call a part of a container; write `… as other_name`"),
        ],
    );
    assert_in_body(
        "loop l |a, b| (max = 2) { write; }",
        &[("a", "the loop starts with 1 value, and 2 names here; write one name for each")],
    );
}

#[test]
fn several_values() {
    assert_in_body(
        "parallel research { hn; web; } write(research);",
        &[("research", "`research` has several values; write `research.hn`, `research.web`")],
    );
    assert_in_body(
        r#"parallel research { hn; web; } write(format!("{research}"));"#,
        &[(r#""{research}""#, "`research` has several values; write `research.hn`, `research.web`")],
    );
    assert_in_body(
        "parallel research { hn; web; } write(research.hnn, research.web);",
        &[("hnn", "`research` has no branch `hnn`; it has `research.hn`, `research.web`")],
    );
    assert_in_body(
        "parallel research { hn; parallel deep { a; b; } } write(research.deep, research.deep.c, research.deep.a.title);",
        &[
            ("deep", "`research.deep` has several values; write `research.deep.a`, `research.deep.b`"),
            ("c", "`research.deep` has no branch `c`; it has `research.deep.a`, `research.deep.b`"),
        ],
    );
    assert_in_body(
        "parallel research { hn; web; } condition c (|a, b| research.x) { verify; }",
        &[("x", "`research` has no branch `x`; it has `research.hn`, `research.web`")],
    );
}

#[test]
fn names_of_other_sides() {
    assert_in_body(
        "condition c (p) { a; b; } else { d(a); }",
        &[("a", "`a` lives in another side of `c`, which does not run when this one does")],
    );
    assert_in_body(
        "router r (s) { A(x) => { a; b; }, B => d(a, x) }",
        &[
            ("a", "`a` lives in another side of `r`, which does not run when this one does"),
            ("x", "`x` lives in another side of `r`, which does not run when this one does"),
        ],
    );
}

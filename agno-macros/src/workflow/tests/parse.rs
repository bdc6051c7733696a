//! Mistakes that the parser finds: each nodes, what is pointed at, and what is said.

use super::{assert_in_body, assert_mistakes};

#[test]
fn plain_rust_gets_a_hint_of_its_own() {
    assert_in_body(
        "if topic.depth > 3 { write; }",
        &[("if", "`if` is written `condition name (predicate) { … }`, so that the decision is recorded")],
    );
    assert_in_body(
        "for page in pages { fetch; }",
        &[("for", "`for` is written `each name |item| { … }`, over the list that comes before it")],
    );
    assert_in_body(
        "while true { write; }",
        &[("while", "`while` is written `loop name (max = 10, until = predicate) { … }`, with a bound")],
    );
    assert_in_body(
        "match topic { _ => write }",
        &[("match", "`match` is written `router name (selector) { Pattern => node, … }`, so that the choice is recorded")],
    );
    assert_in_body(
        "let draft = write;",
        &[("let", "a node is not assigned: its value has its name; write `write;`, or `write as draft;` for another name")],
    );
    assert_in_body(
        "return write;",
        &[("return", "a workflow's value is that of its last node; to end early, a step returns `ControlFlow::Break(output)`")],
    );
    assert_in_body("loop { write; }", &[("loop", "a loop needs a name and a bound; write `loop name (max = 3) { … }`")]);
    assert_in_body("loop (max = 3) { write; }", &[("loop", "a loop needs a name and a bound; write `loop name (max = 3) { … }`")]);
    assert_in_body("write.await;", &[("write", "a node is awaited by itself: write `write;`")]);
    assert_in_body("write(topic).await?;", &[("write", "a node is awaited by itself: write `write;`")]);
    assert_in_body(
        "write.map(|x| x);",
        &[("write", "a node is no expression: write `write;`, and then `map |value| …;` to change its value")],
    );
    assert_in_body(
        "write?;",
        &[("write", "a failing node fails the run by itself: write `write;`, or `write with (on_error = …);` for another policy")],
    );
    assert_in_body(
        "draft = write;",
        &[("draft", "a node is not assigned: its value has its name; write `write;`, or `write as draft;` for another name")],
    );
    assert_in_body("{ write; polish; }", &[("{", "a plain block is no node; write `steps name { … }`")]);
    assert_in_body("|x| x.title;", &[("|", "a closure is no node; write `map |value| …;`")]);
    assert_in_body(r#"format!("{topic}");"#, &[("format", "the macro `format!` is no node; call it in a step")]);
    assert_in_body("fn helper() {}", &[("fn", "items stand outside of `workflow!`")]);
    assert_in_body(
        "async { write };",
        &[("async", "nodes run one after the other and are awaited by themselves; for several at once write `parallel name { … }`")],
    );
}

#[test]
fn separators() {
    assert_in_body("write polish;", &[("write", "missing `;` after `write`")]);
    assert_in_body("write, polish;", &[(",", "nodes end with `;`; write `;` for this `,` after `write`")]);
    assert_in_body("write", &[("write", "missing `;` after `write`")]);
    assert_in_body(
        "write { polish; }",
        &[("write", "`write` is a step, which has no block; write `write;`, or `steps write { … }` for a group")],
    );
    assert_in_body("parallel p { a; b; };", &[(";", "a block ends itself; remove this `;`")]);
    assert_in_body(";", &[(";", "nothing ends here; remove this `;`")]);
    assert_in_body("steps s { write; } ; polish;", &[(";", "a block ends itself; remove this `;`")]);
    assert_in_body("condition c (p) { a; } else { b; };", &[(";", "a block ends itself; remove this `;`")]);
    assert_in_body(
        "router r (s) { A => write; B => polish }",
        &[(";", "arms are separated by `,`; write `,` for this `;`, or put the nodes into `{ … }`")],
    );
    assert_in_body(
        "router r (s) { A => write B => polish }",
        &[("write", "missing `,` after `write`: an arm is one node; several stand in `{ … }`")],
    );
    assert_in_body("router r (s) { A => { write; } B => polish };", &[(";", "a block ends itself; remove this `;`")]);
}

#[test]
fn containers_need_a_name_and_a_block() {
    assert_in_body(
        "parallel { a; b; }",
        &[("parallel", "`parallel` needs a name, under which its records are kept; write `parallel name …`")],
    );
    assert_in_body(
        r#"steps (label = "x") { a; }"#,
        &[("steps", "`steps` needs a name, under which its records are kept; write `steps name …`")],
    );
    assert_in_body("each |url| { fetch; }", &[("each", "`each` needs a name, under which its records are kept; write `each name …`")]);
    assert_in_body(
        "condition (has_claims) { verify; }",
        &[("condition", "`condition` needs a name, under which its records are kept; write `condition name …`")],
    );
    assert_in_body("condition c { verify; }", &[("c", "`condition c` needs a predicate; write `condition c (has_claims) { … }`")]);
    assert_in_body("condition c () { verify; }", &[("()", "`condition c` needs a predicate; write `condition c (has_claims) { … }`")]);
    assert_in_body(
        r#"condition c (label = "x") { verify; }"#,
        &[("label", "the predicate comes first; write `condition c (has_claims, …) { … }`")],
    );
    assert_in_body(
        "condition c (draft.claims > 0) { verify; }",
        &[("draft", "a predicate is a step, or a closure over the value: `|draft| draft.claims > 0`")],
    );
    assert_in_body("router r { A => write }", &[("r", "`router r` needs a selector; write `router r (audience) { … }`")]);
    assert_in_body("router r (|d| d.kind) ;", &[("r", "`router r` needs a block; write `{ … }` after it")]);
    assert_in_body("steps s;", &[("s", "`steps s` needs a block; write `{ … }` after it")]);
    assert_in_body(
        "parallel p with (limit = 3) { a; }",
        &[("with", "the options of a block stand in the parentheses before it, without `with`; write `parallel p (…) { … }`")],
    );
    assert_in_body(
        r#"condition c (p) with (label = "x") { a; }"#,
        &[("with", "the options of a block stand in the parentheses before it, without `with`; write `condition c (…) { … }`")],
    );
    assert_in_body(
        "loop l (max = 3, until = d.claims == 0) { a; }",
        &[("d", "a predicate is a step, or a closure over the value: `|draft| draft.claims > 0`")],
    );
    assert_in_body("each e |a, b| { f; }", &[("b", "`each` has one item at a time; write `|item|`")]);
}

#[test]
fn nothing_is_empty() {
    assert_in_body("parallel p {}", &[("p", "this `parallel` has no branches; write at least one")]);
    assert_in_body("steps s {}", &[("s", "this `steps` has no nodes; write at least one")]);
    assert_in_body("each e {}", &[("e", "this `each` has no nodes; write at least one")]);
    assert_in_body("loop l (max = 3) {}", &[("l", "this `loop` has no nodes; write at least one")]);
    assert_in_body("condition c (p) {}", &[("c", "this `condition` has no nodes; write at least one")]);
    assert_in_body(
        "condition c (p) { a; } else {}",
        &[("else", "this `else` has no node; leave it out to let the value pass, or write `else none;`")],
    );
    assert_in_body("router r (s) {}", &[("r", "this `router` has no arms; write at least one, `Pattern => node`")]);
    assert_in_body(
        "router r (s) { A => {} }",
        &[("=", "this arm has no node; write a step, or `map |value| value.clone()` to let the value pass")],
    );
    assert_in_body(
        "router r (s) { A => , B => write }",
        &[("=", "this arm has no node; write a step, or `map |value| value.clone()` to let the value pass")],
    );
}

#[test]
fn the_other_side() {
    assert_in_body(
        "condition c (p) { a; } else if (q) { b; }",
        &[("if", "`else if` is no part of a condition; put another `condition` into `else { … }`, or write a `router`")],
    );
    assert_in_body(
        "condition c (p) { a; } else nothing;",
        &[("nothing", "after `else` write a block, `else { … }`, or `else none;`, which makes the value an `Option`")],
    );
    assert_in_body("condition c (p) { a; } else none", &[("none", "missing `;` after `else none`")]);
}

#[test]
fn loops_are_bounded() {
    assert_in_body("loop refine { improve; }", &[("refine", "`loop refine` needs a bound; write `loop refine (max = 3) { … }`")]);
    assert_in_body(
        "loop refine (until = good_enough) { improve; }",
        &[("refine", "`loop refine` needs a bound; write `loop refine (max = 3) { … }`")],
    );
    assert_in_body("loop refine (max = 0) { improve; }", &[("0", "`max = 0` would run nothing; write 1 or more")]);
    assert_in_body(
        "loop refine (max_iterations = 3) { improve; }",
        &[("max_iterations", "`max_iterations` is Agno's word; write `max = 3`")],
    );
    assert_in_body(
        "loop refine (max = 3, end_condition = done) { improve; }",
        &[("end_condition", "`end_condition` is Agno's word; write `until = predicate`")],
    );
    assert_in_body(
        "loop refine (max = 3, on_max = stop) { improve; }",
        &[("stop", "`stop` is no value of `on_max`; expected one of `accept`, `fail`")],
    );
    assert_in_body(
        "loop refine (max = 3, on_max = fial) { improve; }",
        &[("fial", "`fial` is no value of `on_max`; did you mean `fail`? expected one of `accept`, `fail`")],
    );
}

#[test]
fn names_and_attributes() {
    assert_in_body("write as draft(topic);", &[("draft", "the name stands after the arguments; write `write(…) as draft`")]);
    assert_in_body("write as;", &[("as", "`as` needs a name; write `as name`")]);
    assert_in_body("write as 3;", &[("as", "`as` needs a name; write `as name`")]);
    assert_in_body("Vec::<u8>::new;", &[("<", "a step takes no generics; write `path;` or `path(arguments);`")]);
    assert_in_body(
        r#"#[wsa("old")] write;"#,
        &[("wsa", r#"`wsa` is no attribute of a node; write a doc comment, or `#[was("old_name")]`"#)],
    );
    assert_in_body("#[was(old)] write;", &[("was", r#"`was` names what this node was called before; write `#[was("old_name")]`"#)]);
    assert_in_body(r#"#[was("a")] #[was("b")] write;"#, &[("was", "`was` is given twice")]);
    assert_in_body("write; use editor: Agent;", &[("use", "declarations come first; move this line before the first node")]);
    assert_in_body(
        "use std::collections::HashMap; write;",
        &[("std", "`use std` needs the executor's type, `use std: Type;`; imports stand outside of `workflow!`")],
    );
    assert_in_body(
        "use editor; write;",
        &[("editor", "`use editor` needs the executor's type, `use editor: Type;`; imports stand outside of `workflow!`")],
    );
    assert_in_body("write(topic, ;); polish(;);", &[(";", "expected an expression"), (";", "expected an expression")]);
}

#[test]
fn the_header() {
    assert_mistakes(
        "fn W(topic: Topic) -> Article { write; }",
        &[("fn", "`fn` is not needed; write `Name(input: Input) -> Output { … }`")],
    );
    assert_mistakes(
        "async W(topic: Topic) -> Article { write; }",
        &[("async", "`async` is not needed; write `Name(input: Input) -> Output { … }`")],
    );
    assert_mistakes(
        "W -> Article { write; }",
        &[("W", "`W` needs an input; write `W(input: Input) -> Output { … }`, or `W(input: ()) -> …`")],
    );
    assert_mistakes(
        "W() -> Article { write; }",
        &[("()", "a workflow has exactly one input; for several values write a struct, for none `W(input: ())`")],
    );
    assert_mistakes(
        "W(topic: Topic, depth: u8) -> Article { write; }",
        &[("depth", "a workflow has exactly one input; for several values write a struct, for none `W(input: ())`")],
    );
    assert_mistakes(
        "W(topic: Topic) { write; }",
        &[("W", "`W` needs an output; write `-> Output` before the block: the type of its last node")],
    );
    assert_mistakes(
        "W<T>(topic: T) -> Article { write; }",
        &[("<", "a workflow takes no generics; its input and output are concrete types, so that runs can be stored")],
    );
    assert_mistakes("W(topic: Topic) -> Article", &[("W", "`W` needs a block; write its steps in `{ … }` after the output type")]);
    assert_mistakes("W(topic: Topic) -> Article { }", &[("W", "`W` has no steps; write at least one, such as `write;`")]);
    assert_mistakes(
        "W(topic: Topic) -> Article { write; } V(a: A) -> B { b; }",
        &[("V", "one `workflow!` holds one workflow; write another `workflow! { … }` for this")],
    );
    assert_mistakes(
        r#"W(topic: Topic) -> Article with (nam = "x") { write; }"#,
        &[(
            "nam",
            "unknown option `nam`; did you mean `name`? expected one of `name`, `id`, `history`, `store_events`, `skip_events`, `durability`, `retry_on_conflict`, `crate`",
        )],
    );
    assert_mistakes(
        "W(topic: Topic) -> Article with (retry = 3) { write; }",
        &[(
            "retry",
            "option `retry` means nothing on a workflow; expected one of `name`, `id`, `history`, `store_events`, `skip_events`, `durability`, `retry_on_conflict`, `crate`",
        )],
    );
    assert_mistakes(
        "W(topic: Topic) -> Article with (durability = always) { write; }",
        &[("always", "`always` is no value of `durability`; expected one of `step`, `run`, `none`")],
    );
    assert_mistakes(
        "W(topic: Topic) -> Article with (skip_events = [StepStartet, Nonsense, RunContent]) { write; }",
        &[
            ("StepStartet", "there is no event `StepStartet`; did you mean `StepStarted`?"),
            ("Nonsense", "there is no event `Nonsense`; they are named like `StepStarted`, `RunContent`, `WorkflowCompleted`"),
        ],
    );
    assert_mistakes(
        "W(topic: Topic) -> Article with (skip_events = StepStarted) { write; }",
        &[("skip_events", "`skip_events` is a list; write `skip_events = [StepStarted, StepCompleted]`")],
    );
    assert_mistakes("3", &[("3", "expected the workflow's name; write `Name(input: Input) -> Output { … }`")]);
}

//! What words and separators mean.

use crate::{diag::Errors, workflow::ast::Kind};

/// The kinds of the nodes that these are read as.
fn kinds(nodes: &str) -> Vec<String> {
    let mut errors = Errors::new();
    let source = format!("W(topic: Topic) -> Article {{ {nodes} }}");
    let parsed = crate::workflow::parse::parse(source.parse().expect("tokens"), &mut errors);
    if let Err(error) = errors.finish() {
        panic!("{error}, in: {nodes}");
    }
    let kind = |kind: &Kind| match kind {
        Kind::Step(step) => format!("step {}", step.call.path.segments.last().expect("a segment").ident),
        Kind::Steps(_) => "steps".to_owned(),
        Kind::Parallel(_) => "parallel".to_owned(),
        Kind::Each(_) => "each".to_owned(),
        Kind::Condition(_) => "condition".to_owned(),
        Kind::Loop(_) => "loop".to_owned(),
        Kind::Router(_) => "router".to_owned(),
        Kind::Ask(_) => "ask".to_owned(),
        Kind::Sleep(_) => "sleep".to_owned(),
        Kind::Map(_) => "map".to_owned(),
    };
    parsed.workflow.expect("a workflow").body.nodes.iter().map(|node| kind(&node.kind)).collect()
}

/// Every keyword is contextual: a step may be called like any of them.
#[test]
fn a_step_may_be_called_like_a_keyword() {
    for word in ["steps", "parallel", "each", "condition", "router", "ask", "sleep", "map", "state", "extra", "with", "none", "until"] {
        for node in
            ["WORD;", "WORD(topic);", "WORD as other;", "WORD(topic) as other with (retry = 2);", "WORD with (retry = 2);", "WORD();"]
        {
            assert_eq!(kinds(&node.replace("WORD", word)), [format!("step {word}")], "{node}");
        }
        assert_eq!(kinds(&format!("{word}::inner;")), ["step inner"]);
        assert_eq!(kinds(&format!("::{word}::inner::{word};")), [format!("step {word}")]);
    }
}

#[test]
fn what_follows_a_keyword_decides() {
    assert_eq!(kinds(r#"sleep "1s"; sleep as nap "1s"; sleep as nap2;"#), ["sleep", "sleep", "step sleep"]);
    assert_eq!(kinds("map |x| x; map as total |x| x; map as other; map move |x| x;"), ["map", "map", "step map", "map"]);
    assert_eq!(kinds(r#"ask review: Review = "?"; ask::review; ask(review);"#), ["ask", "step review", "step ask"]);
    assert_eq!(kinds("parallel parallel { a; } steps steps { a; } each each |each| { a; }"), ["parallel", "steps", "each"]);
    assert_eq!(kinds("parallel with (limit = 3) { a; } parallel with (retry = 3);"), ["parallel", "step parallel"]);
    assert_eq!(kinds("loop r#loop (max = 3) { a; } r#loop;"), ["loop", "step r#loop"]);
    assert_eq!(kinds("condition condition (condition) { a; } else none; router router (router) { _ => a }"), ["condition", "router"]);
    assert_eq!(
        kinds(r#"crate::a; self::b; super::c; state as d; ask with: T = "?";"#),
        ["step a", "step b", "step c", "step state", "ask"]
    );
}

#[test]
fn arms_end_with_a_comma_or_with_a_block() {
    for arms in [
        "A => a, B => b",
        "A => a, B => b,",
        "A => { a; b; } B => b",
        "A => { a; b; }, B => b",
        "A => steps s { a; } B => b",
        "A => steps s { a; }, B => parallel p { a; b; }",
        "A => condition c (p) { a; } else none, B => b",
        "A | B => a, C(x) if x > 3 => b, _ => c",
        "| A | B => map |a| a.x, \"text\" => sleep \"3s\" with (label = \"x\"), 1..=3 => a(1) as b with (retry = 2)",
        "A => ask a: A = \"?\", B => a",
    ] {
        assert_eq!(kinds(&format!("router r (s) {{ {arms} }}")), ["router"]);
    }
}

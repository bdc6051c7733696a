//! As source: `workflow!` and the tests round it.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    model::{Arg, Block, Callee, Case, Decision, Kind, Node, OnError, Otherwise, Pattern, Selector, Suite, Workflow},
    shape::{self, Shape},
};

/// A file of tests.
pub fn suite(suite: &Suite) -> String {
    let mut out = String::new();
    for (index, case) in suite.cases.iter().enumerate() {
        case_of(&mut out, suite, index, case);
    }
    out
}

fn case_of(out: &mut String, suite: &Suite, index: usize, case: &Case) {
    for nested in &case.nested {
        workflow(out, nested, "");
    }
    workflow(out, &case.workflow, "");
    let Workflow { name, .. } = &case.workflow;
    let test = snake(name);
    let made = made(&case.workflow, case);
    writeln!(out, "#[test]\nfn {test}() {{\n    check(\"{}\", {index}, &{made});\n}}\n", suite.name).expect("a String grows");
}

/// The expression that makes a workflow.
fn made(workflow: &Workflow, case: &Case) -> String {
    let uses = uses(workflow);
    if uses.is_empty() {
        return format!("{}::new()", workflow.name);
    }
    let given: String = uses
        .iter()
        .map(|(name, ty)| {
            let value = match (&**ty, case.nested.iter().find(|nested| nested.name == *ty)) {
                (_, Some(nested)) => made(nested, case),
                ("Stamp", _) => "Stamp".to_owned(),
                ("Deep", _) => "deep()".to_owned(),
                (other, _) => format!("{other}::new()"),
            };
            format!(".{name}({value})")
        })
        .collect();
    format!("{}::builder(){given}.build()", workflow.name)
}

/// Names and types of what comes by `use`.
fn uses(workflow: &Workflow) -> BTreeSet<(String, String)> {
    let nodes = workflow.nodes();
    nodes
        .into_iter()
        .filter_map(|node| match &node.kind {
            Kind::Call { callee: Callee::Executor, .. } => Some(("stamp".to_owned(), "Stamp".to_owned())),
            Kind::Call { callee: Callee::Value(ty), .. } => Some((snake(ty), ty.clone())),
            _ => None,
        })
        .collect()
}

/// `vis` is `"pub "` or nothing.
pub fn workflow(out: &mut String, workflow: &Workflow, vis: &str) {
    let Workflow { name, body } = workflow;
    writeln!(out, "workflow! {{\n    {vis}{name}(input: D) -> D {{").expect("a String grows");
    for (name, ty) in uses(workflow) {
        writeln!(out, "        use {name}: {ty};").expect("a String grows");
    }
    block(out, body, &Shape::D, 2);
    out.push_str("    }\n}\n");
}

/// `FactCheck` is `fact_check`.
pub fn snake(name: &str) -> String {
    let mut out = String::new();
    for (index, letter) in name.char_indices() {
        if letter.is_uppercase() && index > 0 {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

fn block(out: &mut String, nodes: &Block, piped: &Shape, depth: usize) {
    let mut piped = piped.clone();
    for node in nodes {
        indent(out, depth);
        print_node(out, node, &piped, depth);
        out.push_str(if ends_itself(node) { "\n" } else { ";\n" });
        piped = shape::of_node(node, &piped);
    }
}

/// A `condition … else none` has a block and ends with `;`.
fn ends_itself(node: &Node) -> bool {
    match &node.kind {
        Kind::Call { .. } | Kind::Ask { .. } | Kind::Sleep | Kind::Map { .. } => false,
        Kind::Condition { otherwise, .. } => !matches!(otherwise, Otherwise::None),
        Kind::Steps(_) | Kind::Parallel(_) | Kind::Each { .. } | Kind::Loop { .. } | Kind::Router { .. } => true,
    }
}

fn braces(out: &mut String, nodes: &Block, piped: &Shape, depth: usize) {
    out.push_str("{\n");
    block(out, nodes, piped, depth + 1);
    indent(out, depth);
    out.push('}');
}

fn indent(out: &mut String, depth: usize) {
    (0..depth).for_each(|_| out.push_str("    "));
}

fn print_node(out: &mut String, node: &Node, piped: &Shape, depth: usize) {
    let name = &node.name;
    let options = options(node);
    let with = if options.is_empty() { String::new() } else { format!(" with ({})", options.join(", ")) };
    let head = |own: Vec<String>| {
        let all: Vec<String> = own.into_iter().chain(options.iter().cloned()).collect();
        if all.is_empty() { " ".to_owned() } else { format!(" ({}) ", all.join(", ")) }
    };
    match &node.kind {
        Kind::Call { callee, args } => {
            let callee = match callee {
                Callee::Step(step) => (*step).to_owned(),
                Callee::Nested(ty) => ty.clone(),
                Callee::Value(ty) => snake(ty),
                Callee::Executor => "stamp".to_owned(),
            };
            let args = args.as_ref().map(|args| format!("({})", args.iter().map(arg).collect::<Vec<_>>().join(", "))).unwrap_or_default();
            let alias = if *name == callee { String::new() } else { format!(" as {name}") };
            out.push_str(&format!("{callee}{args}{alias}{with}"));
        }
        Kind::Steps(body) => {
            out.push_str(&format!("steps {name}{}", head(Vec::new())));
            braces(out, body, piped, depth);
        }
        Kind::Parallel(branches) => {
            out.push_str(&format!("parallel {name}{}{{\n", head(Vec::new())));
            for branch in branches {
                indent(out, depth + 1);
                print_node(out, branch, piped, depth + 1);
                out.push_str(if ends_itself(branch) { "\n" } else { ";\n" });
            }
            indent(out, depth);
            out.push('}');
        }
        Kind::Each { item, body } => {
            let item_name = item.as_ref().map(|item| format!(" |{item}|")).unwrap_or_default();
            out.push_str(&format!("each {name}{item_name}{}", head(Vec::new())));
            let Shape::One(shape::Ty::List(ty)) = piped else { panic!("`each` over {piped:?}") };
            braces(out, body, &Shape::One((**ty).clone()), depth);
        }
        Kind::Condition { by, then, otherwise } => {
            out.push_str(&format!("condition {name}{}", head(vec![decision(by, piped, "even", 2)])));
            braces(out, then, piped, depth);
            match otherwise {
                Otherwise::PassesThrough => {}
                Otherwise::None => out.push_str(" else none"),
                Otherwise::Nodes(other) => {
                    out.push_str(" else ");
                    braces(out, other, piped, depth);
                }
            }
        }
        Kind::Loop { draft, max, until, fail, restart, body } => {
            let mut own = vec![format!("max = {max}")];
            own.extend(until.as_ref().map(|until| format!("until = {}", decision(until, &shape::of_block(body, piped), "third", 3))));
            own.extend(fail.then(|| "on_max = fail".to_owned()));
            own.extend(restart.then(|| "restart".to_owned()));
            let draft = draft.as_ref().map(|draft| format!(" |{draft}|")).unwrap_or_default();
            out.push_str(&format!("loop {name}{draft}{}", head(own)));
            braces(out, body, piped, depth);
        }
        Kind::Router { by, arms } => {
            let own = match by {
                Selector::Step => vec!["route".to_owned()],
                Selector::Text => vec!["word".to_owned()],
                Selector::Many => vec![routes(piped), "many".to_owned()],
                Selector::Closure => vec![format!("{} route_of(&fold(&[{}]))", bars(piped), letters(piped))],
            };
            out.push_str(&format!("router {name}{}{{\n", head(own)));
            for arm in arms {
                indent(out, depth + 1);
                out.push_str(pattern(arm.pattern));
                out.push_str(" => ");
                // A single node stands without braces every other time.
                if arm.body.len() == 1 && depth.is_multiple_of(2) {
                    print_node(out, &arm.body[0], piped, depth + 1);
                    out.push_str(",\n");
                } else {
                    braces(out, &arm.body, piped, depth + 1);
                    out.push('\n');
                }
            }
            indent(out, depth);
            out.push('}');
        }
        Kind::Ask { about } => {
            let text = about.as_ref().map_or_else(|| "\"What now?\"".to_owned(), |name| format!("format!(\"{{}} or not?\", {name}.n)"));
            out.push_str(&format!("ask {name}: D = {text}{with}"));
        }
        Kind::Sleep => out.push_str(&format!("sleep as {name} \"3ms\"{with}")),
        Kind::Map { with: seen } => {
            let seen = seen.as_ref().map(|name| format!(", {name}")).unwrap_or_default();
            out.push_str(&format!("map as {name} {} fold(&[{}{seen}]){with}", bars(piped), letters(piped)));
        }
    }
}

fn routes(piped: &Shape) -> String {
    if piped.is_d() { "routes".to_owned() } else { format!("{} routes_of(&fold(&[{}]))", bars(piped), letters(piped)) }
}

fn options(node: &Node) -> Vec<String> {
    let options = &node.options;
    let mut out = Vec::new();
    out.extend(options.limit.map(|limit| format!("limit = {limit}")));
    out.extend(options.retry.map(|retry| format!("retry = {retry}")));
    out.extend(options.backoff.map(|backoff| format!("backoff = \"{backoff}\"")));
    out.extend(options.timeout.map(|timeout| format!("timeout = \"{timeout}\"")));
    out.extend(options.label.then(|| format!("label = \"Node {}\"", node.name)));
    out.extend(match &options.on_error {
        OnError::Fail => None,
        OnError::Skip => Some("on_error = skip".to_owned()),
        OnError::None => Some("on_error = none".to_owned()),
        OnError::Fallback(step) => Some(format!("on_error = fallback({step})")),
        OnError::Pause => Some("on_error = pause".to_owned()),
        OnError::Collect => Some("on_error = collect".to_owned()),
    });
    out
}

fn arg(arg: &Arg) -> String {
    match arg {
        Arg::Name(name) | Arg::Binding(name) => name.clone(),
        Arg::Branch(name, branch) => format!("{name}.{branch}"),
        Arg::Number(name) => format!("{name}.n.wrapping_add(1)"),
        Arg::Twisted(name) => format!("twist({name})"),
        Arg::Place(name) => format!("&twist({name})"),
    }
}

fn decision(by: &Decision, piped: &Shape, step: &str, divisor: u64) -> String {
    match by {
        Decision::Step => step.to_owned(),
        Decision::Of(name) => format!("{step}({name})"),
        Decision::Closure => format!("{} fold(&[{}]).n % {divisor} == 0", bars(piped), letters(piped)),
    }
}

fn names(piped: &Shape) -> Vec<String> {
    (0..piped.flat().len()).map(|index| format!("v{index}")).collect()
}

/// `|v0, v1|`
fn bars(piped: &Shape) -> String {
    format!("|{}|", letters(piped))
}

fn letters(piped: &Shape) -> String {
    names(piped).join(", ")
}

fn pattern(pattern: Pattern) -> &'static str {
    match pattern {
        Pattern::Low => "Route::Low",
        Pattern::MidEven => "Route::Mid(k) if k % 2 == 0",
        Pattern::Mid => "Route::Mid(k)",
        Pattern::High => "Route::High { k }",
        Pattern::NotLow => "Route::Mid(_) | Route::High { .. }",
        Pattern::Word(word) => match word {
            "low" => "\"low\"",
            _ => "\"mid\"",
        },
        Pattern::Any => "_",
    }
}

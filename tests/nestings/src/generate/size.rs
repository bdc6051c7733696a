//! Big programs, to be timed: a workflow, and the same steps by hand.

use std::fmt::Write as _;

use super::{
    model::{Arm, Block, Decision, Kind, Node, Otherwise, Pattern, Selector, Workflow},
    print,
    rng::Rng,
};

const HEAD: &str = "\
//! Generated, to be timed.
#![allow(dead_code, unused_imports)]

use agno::prelude::*;

#[derive(Debug)]
pub struct Broken;
impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(\"broken\") }
}
impl std::error::Error for Broken {}

";

/// A long block of steps, each of a type of its own.
pub fn flat(steps: usize, by_hand: bool) -> String {
    let mut out = HEAD.to_owned();
    let step = if by_hand { "" } else { "#[step]\n" };
    for index in 0..=steps {
        out.push_str(&format!(
            "#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]\npub struct T{index} {{ pub text: String, pub number: u32 }}\n"
        ));
    }
    for index in 0..steps {
        let next = index + 1;
        out.push_str(&format!(
            "{step}pub async fn s{index}(t: &T{index}) -> Result<T{next}, Broken> {{\n    tokio::task::yield_now().await;\n    Ok(T{next} {{ text: t.text.clone(), number: t.number + {index} }})\n}}\n"
        ));
    }
    if by_hand {
        // What a careful person would write: functions of ten.
        let starts: Vec<usize> = (0..steps).step_by(10).collect();
        for start in &starts {
            let end = (start + 10).min(steps);
            out.push_str(&format!("async fn from_{start}(t{start}: &T{start}) -> Result<T{end}, Broken> {{\n"));
            for index in *start..end {
                let refer = if index == *start { "" } else { "&" };
                out.push_str(&format!("    let t{} = s{index}({refer}t{index}).await?;\n", index + 1));
            }
            out.push_str(&format!("    Ok(t{end})\n}}\n"));
        }
        out.push_str(&format!("pub async fn w(t0: T0) -> Result<T{steps}, Broken> {{\n"));
        for start in &starts {
            let refer = "&";
            out.push_str(&format!("    let t{} = from_{start}({refer}t{start}).await?;\n", (start + 10).min(steps)));
        }
        out.push_str(&format!("    Ok(t{steps})\n}}\n"));
    } else {
        out.push_str(&format!("workflow! {{\n    pub W(input: T0) -> T{steps} {{\n"));
        (0..steps).for_each(|index| out.push_str(&format!("        s{index};\n")));
        out.push_str("    }\n}\n");
    }
    out.push_str(&main("T0 { text: String::new(), number: 0 }", by_hand));
    out
}

fn main(input: &str, by_hand: bool) -> String {
    let run = if by_hand { format!("w({input}).await.unwrap()") } else { format!("W::new().run({input}).await.unwrap().content") };
    format!(
        "fn main() {{\n    let runtime = tokio::runtime::Runtime::new().unwrap();\n    runtime.block_on(async {{\n        tokio::spawn(async {{ println!(\"{{:?}}\", {run}) }}).await.unwrap();\n    }});\n}}\n"
    )
}

const STEPS: [&str; 20] =
    ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15", "s16", "s17", "s18", "s19"];

/// `nodes` nodes, `depth` levels deep, of every container.
pub fn deep(nodes: usize, depth: usize, by_hand: bool) -> String {
    let mut out = HEAD.to_owned();
    let step = if by_hand { "" } else { "#[step]\n" };
    out.push_str("#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]\npub struct D { pub text: String, pub n: u64 }\n");
    out.push_str("#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]\npub enum Route { Low, Mid(u64), High { k: u64 } }\n");
    for (index, name) in STEPS.iter().enumerate() {
        out.push_str(&format!(
            "{step}pub async fn {name}(d: &D) -> Result<D, Broken> {{\n    tokio::task::yield_now().await;\n    Ok(D {{ n: d.n + {index}, ..d.clone() }})\n}}\n"
        ));
    }
    for (signature, value) in [
        ("fn even(d: &D) -> bool", "d.n % 2 == 0"),
        ("fn third(d: &D) -> bool", "d.n % 3 == 0"),
        ("fn route(d: &D) -> Route", "match d.n % 3 { 0 => Route::Low, 1 => Route::Mid(d.n), _ => Route::High { k: d.n } }"),
        ("async fn join(a: &D, b: &D) -> Result<D, Broken>", "Ok(D { n: a.n + b.n, ..a.clone() })"),
        ("async fn split(d: &D) -> Result<Vec<D>, Broken>", "Ok(vec![d.clone(), d.clone()])"),
        ("async fn gather(d: &Vec<D>) -> Result<D, Broken>", "Ok(d[0].clone())"),
    ] {
        out.push_str(&format!("{step}pub {signature} {{ {value} }}\n"));
    }
    let mut rng = Rng::new(1);
    let body = block(&mut rng, depth, nodes);
    let workflow = Workflow { name: "W".to_owned(), body };
    if by_hand {
        let mut functions = String::new();
        let mut hand = Hand { out: &mut functions, functions: 0 };
        let name = hand.function(&workflow.body);
        out.push_str(&functions);
        out.push_str(&format!("pub async fn w(input: D) -> Result<D, Broken> {{ {name}(&input).await }}\n"));
    } else {
        print::workflow(&mut out, &workflow, "pub ");
    }
    out.push_str(&main("D { text: String::new(), n: 0 }", by_hand));
    out
}

/// `D` to `D`, with `budget` nodes.
fn block(rng: &mut Rng, depth: usize, mut budget: usize) -> Block {
    let mut nodes: Block = Vec::new();
    while budget > 0 {
        let name = format!("x{}", nodes.len());
        if depth <= 1 || budget < 4 {
            nodes.push(Node::step(name, rng.pick::<&str>(&STEPS)));
            budget -= 1;
            continue;
        }
        // Mostly all that is left goes into one, so that it gets deep.
        let all = if rng.one_in(4) { (budget / 2).max(4) } else { budget };
        let before = nodes.len();
        let kind = match rng.below(6) {
            0 => Kind::Condition { by: Decision::Step, then: block(rng, depth - 1, all - 1), otherwise: Otherwise::PassesThrough },
            1 => {
                let body = block(rng, depth - 1, all - 1);
                Kind::Loop { draft: None, max: 3, until: Some(Decision::Step), fail: false, restart: false, body }
            }
            2 => {
                let arms = vec![
                    Arm { pattern: Pattern::Low, body: vec![Node::step("x0", "s1")] },
                    Arm { pattern: Pattern::Mid, body: block(rng, depth - 1, all - 3) },
                    Arm { pattern: Pattern::High, body: vec![Node::step("x0", "s2")] },
                ];
                Kind::Router { by: Selector::Step, arms }
            }
            3 => Kind::Steps(block(rng, depth - 1, all - 1)),
            4 => {
                let branch = Node::new("x0", Kind::Steps(block(rng, depth - 1, (all - 3).max(1))));
                nodes.push(Node::new(name, Kind::Parallel(vec![branch, Node::step("x1", "s3")])));
                Kind::Sleep
            }
            _ => {
                nodes.push(Node::step(name, "split"));
                let body = block(rng, depth - 1, (all - 3).max(1));
                nodes.push(Node::new(format!("x{}", nodes.len()), Kind::Each { item: None, body }));
                Kind::Sleep
            }
        };
        let name = format!("x{}", nodes.len());
        nodes.push(match (nodes.len() - before, kind) {
            (0, kind) => Node::new(name, kind),
            (1, _) => Node::step(name, "join"),
            (_, _) => Node::step(name, "gather"),
        });
        budget -= all;
    }
    nodes
}

/// The same as plain functions, one for each block.
struct Hand<'o> {
    out: &'o mut String,
    functions: usize,
}

impl Hand<'_> {
    fn function(&mut self, block: &Block) -> String {
        let mut body = String::new();
        let mut last = "d".to_owned();
        for node in block {
            last = self.statement(&mut body, node, &last);
        }
        let name = format!("body_{}", self.functions);
        self.functions += 1;
        writeln!(self.out, "async fn {name}(d: &D) -> Result<D, Broken> {{\n{body}    Ok({last})\n}}").expect("a String grows");
        name
    }

    /// Writes the node, and gives the name of its value.
    fn statement(&mut self, body: &mut String, node: &Node, before: &str) -> String {
        let name = &node.name;
        let piped = if before == "d" { "d".to_owned() } else { format!("&{before}") };
        let value = match &node.kind {
            Kind::Call { callee: super::model::Callee::Step("join"), .. } => format!("join(&{before}.0, &{before}.1).await?"),
            Kind::Call { callee: super::model::Callee::Step(step), .. } => format!("{step}({piped}).await?"),
            Kind::Steps(block) => format!("{}({piped}).await?", self.function(block)),
            Kind::Parallel(branches) => {
                let calls: Vec<String> = branches
                    .iter()
                    .map(|branch| match &branch.kind {
                        Kind::Steps(block) => format!("{}({piped})", self.function(block)),
                        _ => format!("s3({piped})"),
                    })
                    .collect();
                format!("tokio::try_join!({})?", calls.join(", "))
            }
            Kind::Each { body, .. } => format!("futures_util::future::try_join_all({before}.iter().map({})).await?", self.function(body)),
            Kind::Condition { then, .. } => {
                let then = self.function(then);
                format!("if even({piped}) {{ {then}({piped}).await? }} else {{ {before}.clone() }}")
            }
            Kind::Loop { body, .. } => {
                let turn = self.function(body);
                format!(
                    "{{ let mut current = {before}.clone(); for _ in 0..3 {{ current = {turn}(&current).await?; if third(&current) {{ break; }} }} current }}"
                )
            }
            Kind::Router { arms, .. } => {
                let mid = self.function(&arms[1].body);
                format!(
                    "match route({piped}) {{ Route::Low => s1({piped}).await?, Route::Mid(_) => {mid}({piped}).await?, Route::High {{ .. }} => s2({piped}).await? }}"
                )
            }
            other => unreachable!("{other:?} is not generated"),
        };
        writeln!(body, "    let {name} = {value};").expect("a String grows");
        name.clone()
    }
}

/// How many nodes, and how deep they are.
pub fn measure(nodes: usize, depth: usize) -> (usize, usize) {
    fn levels(block: &[Node]) -> usize {
        1 + block.iter().flat_map(|node| node.blocks()).map(levels).max().unwrap_or(0)
    }
    let body = block(&mut Rng::new(1), depth, nodes);
    let levels = levels(&body);
    (Workflow { name: "W".to_owned(), body }.nodes().len(), levels)
}

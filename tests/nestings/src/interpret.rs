//! What a generated workflow should do, by plain recursion over its nodes. It shares the steps' arithmetic with them, and nothing with the runtime.

mod containers;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::{
    generate::{
        constructs,
        model::{Arg, Block, Callee, Case, Decision, Kind, Node, OnError, Otherwise, Pattern, Selector, Workflow},
        shape::{self, Shape},
    },
    steps::{D, Route, joined, mix, nothing, parts, plussed, route_of, routes_of, stamp, twist, word_of},
};

/// What a run should come to.
#[derive(Debug)]
pub struct Expected {
    /// The output, or the path of what failed.
    pub result: Result<D, String>,
    /// What is recorded, by path.
    pub records: BTreeMap<String, How>,
    /// How often each step is called, by path.
    pub calls: BTreeMap<String, u32>,
    /// What is answered, by path.
    pub answers: BTreeMap<String, Json>,
    /// Beginnings of paths where it depends on timing what runs: beside a branch that failed.
    pub loose: Vec<String>,
    /// Which sides and arms ran, by the container's place in the plan.
    pub ways: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Completed,
    Failed,
    Skipped,
    Cancelled,
}

/// A value as the model has it.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    D(D),
    List(Vec<Value>),
    Opt(Option<Box<Value>>),
    Res(Option<Box<Value>>),
    Tuple(Vec<Value>),
}

impl Value {
    fn fold(&self, into: &mut D) {
        let mut open = |tag: &str| *into = stamp(into, tag);
        match self {
            Self::D(d) => *into = joined(into, d),
            Self::List(items) => {
                open("list");
                items.iter().for_each(|item| item.fold(into));
            }
            Self::Opt(Some(value)) => {
                open("some");
                value.fold(into);
            }
            Self::Opt(None) => open("none"),
            Self::Res(Some(value)) => {
                open("ok");
                value.fold(into);
            }
            Self::Res(None) => open("err"),
            Self::Tuple(items) => {
                open("tuple");
                items.iter().for_each(|item| item.fold(into));
            }
        }
    }

    fn d(&self) -> &D {
        let Self::D(d) = self else { panic!("expected a `D`, found {self:?}") };
        d
    }
}

fn folded<'v>(values: impl IntoIterator<Item = &'v Value>) -> D {
    let mut into = nothing();
    values.into_iter().for_each(|value| value.fold(&mut into));
    into
}

fn as_one(mut values: Vec<Value>) -> Value {
    if values.len() == 1 { values.remove(0) } else { Value::Tuple(values) }
}

/// Values with the names of their branches.
#[derive(Clone, Debug)]
struct Piped {
    shape: Shape,
    values: Vec<Value>,
}

impl Piped {
    fn d(d: D) -> Self {
        Self { shape: Shape::D, values: vec![Value::D(d)] }
    }

    fn branch(&self, wanted: &str) -> &Value {
        let Shape::Many(branches) = &self.shape else { panic!("no branches") };
        let mut from = 0;
        for (name, shape) in branches {
            if name == wanted {
                return &self.values[from];
            }
            from += shape.flat().len();
        }
        panic!("no branch `{wanted}`")
    }
}

#[derive(Clone, Debug)]
enum Bound {
    Values(Piped),
    Number(u64),
}

type Env = BTreeMap<String, Bound>;

#[derive(Debug)]
enum Stop {
    Failed(String),
    /// Something waits for ever: only a timeout ends it.
    Hangs,
}

struct Interpreter<'c> {
    case: &'c Case,
    library: Vec<Workflow>,
    /// Values of what is recorded, for what runs a second time.
    done: BTreeMap<String, Value>,
    /// How often a step has come to its end.
    ended: BTreeMap<String, u32>,
    expected: Expected,
}

/// Runs a case's workflow.
pub fn interpret(case: &Case, input: &D) -> Expected {
    let expected = Expected {
        result: Err(String::new()),
        records: BTreeMap::new(),
        calls: BTreeMap::new(),
        answers: BTreeMap::new(),
        loose: Vec::new(),
        ways: BTreeSet::new(),
    };
    let mut interpreter = Interpreter { case, library: constructs::library(), done: BTreeMap::new(), ended: BTreeMap::new(), expected };
    let out = interpreter.workflow(&case.workflow, "", input.clone());
    let mut expected = interpreter.expected;
    expected.result = out.map_err(|stop| match stop {
        Stop::Failed(path) => path,
        Stop::Hangs => panic!("{} hangs", case.workflow.name),
    });
    expected
}

fn at(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

impl Interpreter<'_> {
    fn workflow(&mut self, workflow: &Workflow, path: &str, input: D) -> Result<D, Stop> {
        let mut env = Env::new();
        env.insert("input".to_owned(), Bound::Values(Piped::d(input.clone())));
        let out = self.block(&workflow.body, path, &mut env, Piped::d(input))?;
        Ok(out.values[0].d().clone())
    }

    fn block(&mut self, block: &Block, path: &str, env: &mut Env, mut piped: Piped) -> Result<Piped, Stop> {
        for node in block {
            piped = self.node(node, path, env, &piped)?;
            env.insert(node.name.clone(), Bound::Values(piped.clone()));
        }
        Ok(piped)
    }

    fn record(&mut self, path: &str, how: How) {
        self.expected.records.insert(path.to_owned(), how);
    }

    /// Records how a container ended.
    fn close<T>(&mut self, path: &str, out: Result<T, Stop>) -> Result<T, Stop> {
        let how = match &out {
            Ok(_) => How::Completed,
            Err(Stop::Failed(_)) => How::Failed,
            Err(Stop::Hangs) => How::Cancelled,
        };
        self.record(path, how);
        out
    }

    /// A leaf that runs once.
    fn leaf(&mut self, path: &str, value: impl FnOnce(&mut Self) -> Result<Value, Stop>) -> Result<Value, Stop> {
        if let Some(value) = self.done.get(path) {
            return Ok(value.clone());
        }
        let value = value(self)?;
        self.record(path, How::Completed);
        self.done.insert(path.to_owned(), value.clone());
        Ok(value)
    }

    fn node(&mut self, node: &Node, path: &str, env: &Env, piped: &Piped) -> Result<Piped, Stop> {
        let own = at(path, &node.name);
        let shape = shape::of_node(node, &piped.shape);
        let values = match &node.options.on_error {
            OnError::Fail | OnError::Collect => self.own(node, &own, path, env, piped)?,
            OnError::Skip => match self.own(node, &own, path, env, piped) {
                Err(Stop::Failed(_)) => {
                    self.record(&own, How::Skipped);
                    // So are the fresh starts of a nested workflow.
                    for start in 2..=1 + node.options.retry.unwrap_or(0) {
                        self.expected.records.entry(format!("{own}~{start}")).and_modify(|how| *how = How::Skipped);
                    }
                    piped.values.clone()
                }
                out => out?,
            },
            OnError::None => match self.own(node, &own, path, env, piped) {
                Err(Stop::Failed(_)) => vec![Value::Opt(None)],
                out => vec![Value::Opt(Some(Box::new(as_one(out?))))],
            },
            OnError::Fallback(other) => match self.own(node, &own, path, env, piped) {
                Err(Stop::Failed(_)) => {
                    let Kind::Call { args, .. } = &node.kind else { panic!("a fallback is a step's") };
                    let fallback =
                        Node { kind: Kind::Call { callee: Callee::Step(other), args: args.clone() }, ..Node::step("fallback", other) };
                    self.own(&fallback, &at(&own, "fallback"), &own, env, piped)?
                }
                out => out?,
            },
            OnError::Pause => self.decided(node, &own, path, env, piped)?,
        };
        Ok(Piped { shape, values })
    }

    /// Try again first, then let it pass where that is possible.
    fn decided(&mut self, node: &Node, own: &str, path: &str, env: &Env, piped: &Piped) -> Result<Vec<Value>, Stop> {
        let may_skip = piped.values.len() == 1 && shape::of_kind(node, &piped.shape).flat() == piped.shape.flat();
        let mut number = 1;
        loop {
            let failed = match self.own(node, own, path, env, piped) {
                Err(Stop::Failed(failed)) => failed,
                out => return out,
            };
            let question = if number == 1 { at(own, "error") } else { at(own, &format!("error~{number}")) };
            let answer = match (number, may_skip) {
                (1, _) => "retry",
                (_, true) => "skip",
                (_, false) => "fail",
            };
            self.record(&question, How::Completed);
            self.expected.answers.insert(question, answer.into());
            // These are still open when a person decides.
            if answer == "skip" && matches!(node.kind, Kind::Steps(_) | Kind::Condition { .. } | Kind::Router { .. }) {
                self.record(own, How::Completed);
            }
            match answer {
                "retry" => number += 1,
                "skip" => return Ok(piped.values.clone()),
                _ => return Err(Stop::Failed(failed)),
            }
        }
    }

    fn arg(&self, arg: &Arg, env: &Env) -> (D, u64) {
        let d = |name: &str| match &env[name] {
            Bound::Values(piped) => piped.values[0].d().clone(),
            Bound::Number(_) => panic!("`{name}` is a number"),
        };
        let none = || (nothing(), 0);
        match arg {
            Arg::Name(name) => (d(name), 0),
            Arg::Twisted(name) | Arg::Place(name) => (twist(&d(name)), 0),
            Arg::Branch(name, branch) => match &env[name.as_str()] {
                Bound::Values(piped) => (piped.branch(branch).d().clone(), 0),
                Bound::Number(_) => none(),
            },
            Arg::Number(name) => (nothing(), d(name).n.wrapping_add(1)),
            Arg::Binding(name) => match &env[name.as_str()] {
                Bound::Number(k) => (nothing(), *k),
                Bound::Values(_) => none(),
            },
        }
    }

    /// The values of the construct itself. `path` is where it stands, `own` its own path.
    fn own(&mut self, node: &Node, own: &str, path: &str, env: &Env, piped: &Piped) -> Result<Vec<Value>, Stop> {
        match &node.kind {
            Kind::Call { callee: Callee::Nested(ty) | Callee::Value(ty), args } => {
                let input = match args {
                    Some(args) => self.arg(&args[0], env).0,
                    None => piped.values[0].d().clone(),
                };
                self.nested(node, ty, own, &input).map(|d| vec![Value::D(d)])
            }
            Kind::Call { callee, args } => {
                let step = match callee {
                    Callee::Step(step) => step,
                    _ => "stamp",
                };
                let args: Vec<(D, u64)> = match args {
                    Some(args) => args.iter().map(|arg| self.arg(arg, env)).collect(),
                    None => piped.values.iter().map(|value| (value.d().clone(), 0)).collect(),
                };
                self.leaf(own, |this| this.step(node, step, own, &args)).map(|value| vec![value])
            }
            Kind::Map { with } => {
                let mut values = piped.values.clone();
                values.extend(with.iter().map(|name| Value::D(self.arg(&Arg::Name(name.clone()), env).0)));
                self.leaf(own, |_| Ok(Value::D(folded(&values)))).map(|value| vec![value])
            }
            Kind::Ask { about: _ } => {
                let answer = D { n: mix(1, own.as_bytes()), trail: "answer".to_owned() };
                self.expected.answers.insert(own.to_owned(), serde_json::to_value(&answer).expect("a `D` is JSON"));
                self.leaf(own, |_| Ok(Value::D(answer))).map(|value| vec![value])
            }
            Kind::Sleep => self.leaf(own, |_| Ok(Value::Tuple(Vec::new()))).map(|_| piped.values.clone()),
            _ => {
                let out = self.container(node, own, path, env, piped);
                let out = match out {
                    Err(Stop::Hangs) if node.options.timeout.is_some() => Err(Stop::Failed(own.to_owned())),
                    out => out,
                };
                self.close(own, out)
            }
        }
    }

    fn nested(&mut self, node: &Node, ty: &str, own: &str, input: &D) -> Result<D, Stop> {
        let workflow =
            self.case.nested.iter().chain(&self.library).find(|workflow| workflow.name == ty).expect("a nested workflow").clone();
        let mut start = 1;
        loop {
            let path = if start == 1 { own.to_owned() } else { format!("{own}~{start}") };
            let out = self.workflow(&workflow, &path, input.clone());
            let out = self.close(&path, out);
            if start > node.options.retry.unwrap_or(0) || !matches!(out, Err(Stop::Failed(_))) {
                return out;
            }
            start += 1;
        }
    }

    fn step(&mut self, node: &Node, step: &str, path: &str, args: &[(D, u64)]) -> Result<Value, Stop> {
        let d = &args[0].0;
        for _ in 0..=node.options.retry.unwrap_or(0) {
            *self.expected.calls.entry(path.to_owned()).or_default() += 1;
            let ended = self.ended.entry(path.to_owned()).or_default();
            *ended += 1;
            let value = match step {
                "join" => joined(d, &args[1].0),
                "plus" => plussed(d, args[1].1),
                "split" => return Ok(Value::List(parts(d).into_iter().map(Value::D).collect())),
                "bad" => continue,
                "bad_if_odd" if d.n % 2 == 1 => continue,
                "bad_if_odd" => stamp(d, "even"),
                "once" if *ended == 1 => continue,
                "panics" => break,
                "slow" if node.options.timeout.is_some() => continue,
                "slow" => {
                    self.record(path, How::Cancelled);
                    return Err(Stop::Hangs);
                }
                other => stamp(d, other),
            };
            return Ok(Value::D(value));
        }
        self.record(path, How::Failed);
        Err(Stop::Failed(path.to_owned()))
    }

    /// What a predicate or a selector decides about. Calls are a step's.
    fn decides(&mut self, path: &str, by_step: bool) {
        if self.done.contains_key(path) {
            return;
        }
        self.done.insert(path.to_owned(), Value::Tuple(Vec::new()));
        self.record(path, How::Completed);
        if by_step {
            *self.expected.calls.entry(path.to_owned()).or_default() += 1;
        }
    }
}

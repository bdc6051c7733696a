//! What a run should come to, by plain recursion over its plan, without the library.

use std::collections::{BTreeMap, BTreeSet};

use agno_core::ErrorDecision;

use crate::{
    expected::Expected,
    names,
    tree::{Access, Ask, Block, Child, Fails, Kind, OnError, Otherwise, Part, Step, visit},
    values::{DEFAULT, Value, answer, arms, decision, is_fresh, items, lasting, mix_number, mix_result, stepped, value},
};

enum Stop {
    Failed(String),
    Ended(Value),
    /// Something never ends: the timeout round it does.
    Late,
    /// It depends on timing what becomes of this node.
    Races(u32),
}

type Given<T = Value> = Result<T, Stop>;

/// What a branch came to, and whether people were asked in it.
struct Branch {
    path: String,
    given: Given,
    asks: bool,
}

/// What is round a node.
#[derive(Clone, Copy)]
struct Place {
    /// Nothing runs beside it.
    alone: bool,
    has_state: bool,
    in_child: bool,
    in_failing: bool,
}

#[derive(Default)]
struct Model {
    expected: Expected,
    /// What has a value, and whether that has ended the workflow.
    done: BTreeMap<String, (Value, bool)>,
    /// Nodes whose failure was tolerated: where what they stand in runs again, they are found so.
    tolerated: BTreeSet<String>,
    /// The same of branches whose failures are collected: what failed there.
    collected: BTreeMap<String, String>,
    /// The starts of nested workflows that came to a value.
    starts: BTreeMap<String, u32>,
    /// Attempts that have failed.
    failed: BTreeMap<String, u32>,
    /// How often a person was asked about a node's failure.
    asked: BTreeMap<String, u32>,
    questions: u32,
}

/// Runs a plan. Where several branches would race for the first failure, all of them are collected: the tree is changed.
pub(crate) fn run(tree: &mut Block, input: &Value) -> Expected {
    loop {
        let mut model = Model::default();
        let place = Place { alone: true, has_state: true, in_child: false, in_failing: false };
        let result = match model.block(tree, "", place, input.clone()) {
            Ok(value) | Err(Stop::Ended(value)) => Ok(value),
            Err(Stop::Failed(path)) => Err(path),
            Err(Stop::Late) => unreachable!("a timeout ends it"),
            Err(Stop::Races(id)) => {
                visit(tree, &mut |part| {
                    if part.id == id {
                        part.on_error = OnError::Collect;
                    }
                });
                continue;
            }
        };
        return Expected { result, ..model.expected };
    }
}

/// What an adapter makes of an `Option`.
fn optional(given: Option<&Value>) -> Value {
    value(given.map_or(0, |given| mix_number(1, given.n)))
}

fn at(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") }
}

impl Model {
    fn block(&mut self, block: &[Part], path: &str, place: Place, mut value: Value) -> Given {
        for (index, part) in block.iter().enumerate() {
            value = self.part(part, index, path, place, value)?;
        }
        Ok(value)
    }

    /// A node whose value is recorded.
    fn leaf<T: Clone>(&mut self, path: String, make: impl FnOnce() -> T) -> T {
        self.expected.completed.insert(lasting(&path));
        make()
    }

    fn part(&mut self, part: &Part, index: usize, path: &str, place: Place, input: Value) -> Given {
        let own = at(path, names::of(&part.kind, index));
        loop {
            if part.decides_inside() || !self.tolerated.contains(&own) {
                let failed = match self.own(part, &own, index, path, place, &input) {
                    Err(Stop::Failed(failed)) => failed,
                    Ok(value) if part.on_error == OnError::None => return Ok(self.optional(index, path, Some(&value))),
                    other => return other,
                };
                match part.on_error {
                    OnError::Skip | OnError::None | OnError::Fallback => {}
                    OnError::Pause if !part.decides_inside() => match self.decide(&own) {
                        ErrorDecision::Retry => continue,
                        ErrorDecision::Skip => {}
                        ErrorDecision::Fail => return Err(Stop::Failed(failed)),
                    },
                    _ => return Err(Stop::Failed(failed)),
                }
                self.tolerated.insert(own.clone());
            }
            return match part.on_error {
                OnError::None => Ok(self.optional(index, path, None)),
                OnError::Fallback => self.step(&Step::default(), &at(&own, "fallback"), place, &input),
                _ => Ok(input),
            };
        }
    }

    /// The adapter after a node whose value is an `Option`.
    fn optional(&mut self, index: usize, path: &str, given: Option<&Value>) -> Value {
        self.leaf(at(path, names::OPTIONS[index]), || optional(given))
    }

    fn decide(&mut self, node: &str) -> ErrorDecision {
        self.questions += 1;
        let number = self.asked.entry(node.to_owned()).or_default();
        *number += 1;
        decision(node, *number)
    }

    /// The body of a container that decides about failures inside of itself.
    fn decided(&mut self, part: &Part, own: &str, input: &Value, mut body: impl FnMut(&mut Self) -> Given) -> Given {
        if self.tolerated.contains(own) {
            return Ok(input.clone());
        }
        loop {
            match body(self) {
                Err(Stop::Failed(failed)) if part.decides_inside() => match self.decide(own) {
                    ErrorDecision::Retry => {}
                    ErrorDecision::Skip => {
                        self.tolerated.insert(own.to_owned());
                        return Ok(input.clone());
                    }
                    ErrorDecision::Fail => return Err(Stop::Failed(failed)),
                },
                other => return other,
            }
        }
    }

    /// The node itself. `path` is where it stands, `own` its own path.
    fn own(&mut self, part: &Part, own: &str, index: usize, path: &str, place: Place, input: &Value) -> Given {
        match &part.kind {
            Kind::Step(step) => self.step(step, own, place, input),
            Kind::Ask(ask) => {
                self.questions += 1;
                match ask {
                    Ask::Answered => Ok(self.leaf(own.to_owned(), || answer(own))),
                    Ask::Default => Ok(self.leaf(own.to_owned(), || value(DEFAULT))),
                    Ask::Expires => Err(Stop::Failed(own.to_owned())),
                }
            }
            Kind::Sleep(_) => Ok(self.leaf(own.to_owned(), || input.clone())),
            Kind::Map => Ok(self.leaf(own.to_owned(), || value(mix_number(input.n, 17)))),
            Kind::Steps { body, late } => {
                let given = self.decided(part, own, input, |this| {
                    let given = this.block(body, own, place, input.clone())?;
                    if *late {
                        let effects = this.expected.effects.entry(lasting(&at(own, names::LATE))).or_default();
                        (effects.count, effects.fails) = (effects.count + 1, true);
                        return Err(Stop::Late);
                    }
                    Ok(given)
                });
                // Nobody decides about the timeout in there.
                given.map_err(|stop| if let Stop::Late = stop { Stop::Failed(own.to_owned()) } else { stop })
            }
            Kind::Condition { then, otherwise } => {
                let yes = self.leaf(at(own, "if"), || input.n.is_multiple_of(2));
                let given = self.decided(part, own, input, |this| match (yes, otherwise) {
                    (true, _) => this.block(then, own, place, input.clone()),
                    (false, Otherwise::Nodes(nodes)) => this.block(nodes, own, place, input.clone()),
                    (false, _) => Ok(input.clone()),
                })?;
                match otherwise {
                    Otherwise::None => Ok(self.leaf(at(path, names::SIDES[index]), || optional(yes.then_some(&given)))),
                    _ => Ok(given),
                }
            }
            Kind::Loop { max, until, restart, fails_at_max, body } => {
                let mut current = input.clone();
                for turn in 0..*max {
                    let inside = format!("{own}[{turn}]");
                    let begin = if *restart { input.clone() } else { current };
                    let next = self.block(body, &inside, place, begin)?;
                    if let Some(divisor) = until
                        && self.leaf(at(&inside, "until"), || next.n.is_multiple_of(*divisor))
                    {
                        return Ok(next);
                    }
                    current = next;
                }
                if *fails_at_max && until.is_some() { Err(Stop::Failed(own.to_owned())) } else { Ok(current) }
            }
            Kind::Router { many, arms: blocks } => self.decided(part, own, input, |this| {
                let chosen = this.leaf(at(own, "select"), || arms(input.n, blocks.len(), *many));
                let mut current = input.clone();
                for (index, arm) in chosen.into_iter().enumerate() {
                    let inside = if *many { format!("{own}/many[{index}]") } else { own.to_owned() };
                    current = this.block(&blocks[arm], &inside, place, current)?;
                }
                Ok(current)
            }),
            Kind::Parallel { branches, .. } => {
                let inside = Place { alone: false, ..place };
                let branches = branches.iter().enumerate();
                let loose: Vec<_> =
                    branches.clone().map(|(index, branch)| names::around(&branch.kind, index).map(|name| at(own, name))).collect();
                let results = branches.map(|(index, branch)| {
                    let branch_path = at(own, names::of(&branch.kind, index));
                    self.beside(branch_path, |this| this.part(branch, index, own, inside, input.clone()))
                });
                let results = results.collect();
                self.joined(part, index, path, &loose, results)
            }
            Kind::Each { items: count, body, .. } => {
                let split = at(path, names::SPLITS[index]);
                let list = self.leaf(split, || items(input.n, *count));
                let inside = Place { alone: false, ..place };
                let loose: Vec<_> = (0..list.len()).map(|item| [format!("{own}[{item}]")]).collect();
                let results = list.into_iter().enumerate().map(|(item, value)| {
                    let path = format!("{own}[{item}]");
                    self.beside(path.clone(), |this| this.block(body, &path, inside, value))
                });
                let results = results.collect();
                self.joined(part, index, path, &loose, results)
            }
            Kind::Nested { body, retry } => {
                for start in self.starts.get(own).copied().unwrap_or(1)..=*retry + 1 {
                    let path = if start == 1 { own.to_owned() } else { format!("{own}~{start}") };
                    match self.block(body, &path, Place { alone: true, has_state: place.has_state && place.alone, ..place }, input.clone())
                    {
                        Err(Stop::Failed(_)) if start <= *retry => {}
                        Ok(value) | Err(Stop::Ended(value)) => {
                            self.starts.insert(own.to_owned(), start);
                            return Ok(value);
                        }
                        other => return other,
                    }
                }
                unreachable!("the last start returns")
            }
        }
    }

    fn beside(&mut self, path: String, branch: impl FnOnce(&mut Self) -> Given) -> Branch {
        let before = self.questions;
        let given = match self.collected.get(&path) {
            Some(failed) => Err(Stop::Failed(failed.clone())),
            None => branch(self),
        };
        Branch { path, given, asks: self.questions > before }
    }

    fn joined(&mut self, part: &Part, index: usize, path: &str, loose: &[impl AsRef<[String]>], results: Vec<Branch>) -> Given {
        let collects = part.on_error == OnError::Collect;
        let failed: Vec<_> = (0..results.len()).filter(|branch| matches!(results[*branch].given, Err(Stop::Failed(_)))).collect();
        if let (false, [first, rest @ ..]) = (collects, &*failed) {
            let beside = || results.iter().enumerate().filter(|(branch, _)| branch != first);
            if !rest.is_empty() || beside().any(|(_, branch)| branch.asks) {
                return Err(Stop::Races(part.id));
            }
            for (branch, _) in beside() {
                self.expected.loose.extend(loose[branch].as_ref().iter().map(|path| lasting(path)));
            }
        }
        let mut n = 19;
        for Branch { path, given, .. } in results {
            n = match given {
                Ok(value) => mix_result(n, Ok(&value)),
                Err(Stop::Failed(failed)) if collects => {
                    let n = mix_result(n, Err(&failed));
                    self.collected.insert(path, failed);
                    n
                }
                Err(stop) => return Err(stop),
            };
        }
        Ok(self.leaf(at(path, names::FOLDS[index]), || value(n)))
    }

    fn step(&mut self, step: &Step, own: &str, place: Place, input: &Value) -> Given {
        match self.done.get(own).cloned() {
            Some((value, true)) => return Err(Stop::Ended(value)),
            Some((value, false)) => return Ok(value),
            None => {}
        }
        let succeeds = match step.fails {
            Fails::Never => true,
            Fails::First(times) => times <= step.retry,
            Fails::Always | Fails::Late => false,
            Fails::UnlessFresh => is_fresh(own),
        };
        let in_failing = place.in_failing || !succeeds;
        for attempt in 1..=step.retry + 1 {
            let start = self.failed.get(own).copied().unwrap_or_default() + 1;
            let effects = self.expected.effects.entry(lasting(own)).or_default();
            effects.count += 1;
            effects.fails |= in_failing;
            effects.has_children = !step.children.is_empty();
            effects.once = step.once;
            let inside = if start > 1 { format!("{own}~{start}") } else { own.to_owned() };
            let children = self.children(step, &inside, Place { in_failing, in_child: true, ..place }, input.n);
            let fails = match step.fails {
                Fails::First(times) => attempt <= times,
                _ => !succeeds,
            };
            let n = match children {
                Ok(n) if !fails => n,
                Ok(_) => {
                    *self.failed.entry(own.to_owned()).or_default() += 1;
                    continue;
                }
                Err(Stop::Failed(_)) => {
                    // The child fails again and again, the step with it, and with the step its other children begin anew.
                    let (lasting_own, inside) = (lasting(own), format!("{}/", lasting(own)));
                    let concerned = self.expected.effects.iter_mut().filter(|(path, _)| **path == lasting_own || path.starts_with(&inside));
                    concerned.for_each(|(_, effects)| effects.fails = true);
                    *self.failed.entry(own.to_owned()).or_default() += 1;
                    continue;
                }
                Err(stop) => return Err(stop),
            };
            return self.given(step, own, place, n);
        }
        Err(Stop::Failed(own.to_owned()))
    }

    fn given(&mut self, step: &Step, own: &str, place: Place, n: u64) -> Given {
        let tally = &mut self.expected.tally;
        let seen = match step.access {
            Access::Changes if place.alone && place.has_state => {
                *tally = mix_number(*tally, n);
                *tally
            }
            Access::Reads | Access::Changes if place.has_state => *tally,
            _ => 0,
        };
        let value = stepped(own, n, seen);
        if step.attaches && !place.in_child {
            self.expected.media.insert(lasting(own));
        }
        self.expected.completed.insert(lasting(own));
        let breaks = step.breaks && place.alone;
        self.done.insert(own.to_owned(), (value.clone(), breaks));
        if breaks { Err(Stop::Ended(value)) } else { Ok(value) }
    }

    fn children(&mut self, step: &Step, own: &str, place: Place, mut n: u64) -> Given<u64> {
        let (mut steps, mut flows) = (0, 0);
        for child in &step.children {
            let input = value(n);
            let given = match child {
                Child::Step(step) => {
                    steps += 1;
                    self.step(step, &format!("{own}/child#{}", steps - 1), Place { alone: false, has_state: false, ..place }, &input)
                }
                Child::Flow(body) => {
                    flows += 1;
                    let path = format!("{own}/inner#{}", flows - 1);
                    match self.block(body, &path, Place { alone: true, has_state: false, ..place }, input) {
                        Err(Stop::Ended(value)) => Ok(value),
                        given => given,
                    }
                }
            };
            n = given?.n;
        }
        Ok(n)
    }
}

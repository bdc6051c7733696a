//! How two definitions differ.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    ArmPart, Code, Definition, Flow, Kind, Part,
    difference::{Change, Difference, TypeOf, When},
};
use crate::plan::Otherwise;

/// All differences, in the order of the workflow. `new` is the code that runs now.
pub(crate) fn compare(old: &Definition, new: &Definition) -> Vec<Difference> {
    let mut all = Vec::new();
    flow(&old.workflow, &new.workflow, At { key: "", path: "" }, &mut all);
    all
}

/// A place: its key, which is unique, and its path, which two sides of a condition may share.
#[derive(Clone, Copy)]
struct At<'a> {
    key: &'a str,
    path: &'a str,
}

/// The key of a block of a container.
pub(super) fn block_key(container: &str, way: &str) -> String {
    format!("{container}?{way}")
}

/// The key of a node in a block.
pub(super) fn part_key(block: &str, name: &str) -> String {
    format!("{block}/{name}")
}

pub(super) const BODY: &str = "";
pub(super) const THEN: &str = "then";
pub(super) const ELSE: &str = "else";

fn path_in(container: &str, name: &str) -> String {
    if container.is_empty() { name.to_owned() } else { format!("{container}/{name}") }
}

fn flow(old: &Flow, new: &Flow, at: At<'_>, all: &mut Vec<Difference>) {
    let block = block_key(at.key, BODY);
    let retyped = |of, old: &Value, new: &Value, when| {
        let change = || Change::Type { of, old: old.clone(), new: new.clone(), code: Code::default() };
        (old != new).then(|| Difference { path: at.path.to_owned(), change: change(), when })
    };
    // The input of a nested workflow is a value of the one round it. Its state is the session's, as a whole under the key of its path.
    if at.key.is_empty() {
        all.extend(retyped(TypeOf::Input, &old.input, &new.input, When::Given));
        if let (Some(old), Some(new)) = (&old.state, &new.state) {
            all.extend(retyped(TypeOf::State, old, new, When::Given));
        }
    }
    sequence(&old.nodes, &new.nodes, At { key: &block, path: at.path }, all);
    all.extend(retyped(TypeOf::Output, &old.output, &new.output, When::Broke(block.clone())));
}

/// Which node of `old` each of `new` is: by its name, or by what it was called.
fn matches(old: &[Part], new: &[Part]) -> Vec<Option<usize>> {
    let names: HashSet<&str> = new.iter().map(|part| part.name.as_str()).collect();
    let find = |name: &str| old.iter().position(|part| part.name == name);
    let renamed = |part: &Part| part.code.was.filter(|was| !names.contains(was)).and_then(find);
    new.iter().map(|part| find(&part.name).or_else(|| renamed(part))).collect()
}

/// Nodes one after the other.
fn sequence(old: &[Part], new: &[Part], at: At<'_>, all: &mut Vec<Difference>) {
    let matched = matches(old, new);
    let key = |index: usize| part_key(at.key, &old[index].name);
    for (position, (part, is)) in new.iter().zip(&matched).enumerate() {
        let path = path_in(at.path, &part.name);
        let later = || matched[position + 1..].iter().flatten().copied();
        match is {
            Some(index) => {
                // What it has overtaken.
                let overtaken: Vec<usize> = later().filter(|other| other < index).collect();
                if let Some(first) = overtaken.first() {
                    let change = Change::Moved { before: path_in(at.path, &old[*first].name) };
                    all.push(Difference { path, change, when: When::Recorded(overtaken.into_iter().map(key).collect()) });
                }
                same(&old[*index], part, at, all);
            }
            None => {
                let before = later().next().map(|index| path_in(at.path, &old[index].name));
                let when = When::Inserted { later: later().map(key).collect(), block: at.key.to_owned() };
                all.push(Difference { path, change: Change::Added { before }, when });
            }
        }
    }
    removed(old, new, &matched, at, all);
}

/// Branches, side by side: their order does not matter to what is recorded.
fn branches(old: &[Part], new: &[Part], at: At<'_>, container: At<'_>, all: &mut Vec<Difference>) {
    let matched = matches(old, new);
    for (part, is) in new.iter().zip(&matched) {
        match is {
            Some(index) => same(&old[*index], part, at, all),
            None => {
                let change = Change::Branch { container: container.path.to_owned() };
                let when = When::Recorded(vec![container.key.to_owned()]);
                all.push(Difference { path: path_in(at.path, &part.name), change, when });
            }
        }
    }
    removed(old, new, &matched, at, all);
}

fn removed(old: &[Part], new: &[Part], matched: &[Option<usize>], at: At<'_>, all: &mut Vec<Difference>) {
    for (index, part) in old.iter().enumerate().filter(|(index, _)| !matched.contains(&Some(*index))) {
        let is_like = |other: &Part| match (&part.kind, &other.kind) {
            (Kind::Step { output: a, .. }, Kind::Step { output: b, .. }) | (Kind::Ask { answer: a }, Kind::Ask { answer: b }) => a == b,
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        };
        let new_ones = || new.iter().zip(matched).filter(|(other, is)| is.is_none() && is_like(other));
        // Of several that look like it, the one at its place.
        let like = new_ones().find(|(other, _)| new.get(index).is_some_and(|at| at.name == other.name)).or_else(|| new_ones().next());
        let like = like.map(|(other, _)| path_in(at.path, &other.name));
        let when = When::Recorded(vec![part_key(at.key, &part.name)]);
        all.push(Difference { path: path_in(at.path, &part.name), change: Change::Removed { like }, when });
    }
}

/// A node that is there before and after.
fn same(old: &Part, new: &Part, block: At<'_>, all: &mut Vec<Difference>) {
    let (key, path) = (part_key(block.key, &old.name), path_in(block.path, &old.name));
    let at = At { key: &key, path: &path };
    if old.name != new.name {
        let change = Change::Renamed { key: key.clone(), to: new.name.clone() };
        all.push(Difference { path: path.clone(), change, when: When::Never });
    }
    if old.fingerprint == new.fingerprint {
        return;
    }
    if let (Some(was), Some(is)) = (old.kind.runs(), new.kind.runs())
        && was != is
        && std::mem::discriminant(&old.kind) == std::mem::discriminant(&new.kind)
    {
        let change = Change::Runs { was: was.to_owned(), is: is.to_owned() };
        all.push(Difference { path: path.clone(), change, when: When::Never });
    }
    kinds(old, new, at, all);
    match (&old.fallback, &new.fallback) {
        (Some(old), Some(new)) => same(old, new, At { key: &block_key(at.key, BODY), path: at.path }, all),
        (Some(old), None) => removed(std::slice::from_ref(&**old), &[], &[], At { key: &block_key(at.key, BODY), path: at.path }, all),
        (None, _) => {}
    }
}

fn kinds(old: &Part, new: &Part, at: At<'_>, all: &mut Vec<Difference>) {
    let body = block_key(at.key, BODY);
    let inside = At { key: &body, path: at.path };
    let recorded = || When::Recorded(vec![at.key.to_owned()]);
    let shape =
        |what, was: String, is: String| Difference { path: at.path.to_owned(), change: Change::Shape { what, was, is }, when: recorded() };
    match (&old.kind, &new.kind) {
        (Kind::Step { .. }, Kind::Step { .. })
        | (Kind::Decision { .. }, Kind::Decision { .. })
        | (Kind::Map { .. }, Kind::Map { .. })
        | (Kind::Ask { .. }, Kind::Ask { .. }) => value(old, new, at, all),
        (Kind::Sleep, Kind::Sleep) => {}
        (Kind::Workflow { workflow: old, .. }, Kind::Workflow { workflow: new, .. }) => flow(old, new, at, all),
        (Kind::Recursion { up: old }, Kind::Recursion { up: new }) if old == new => {}
        (Kind::Steps { nodes: old }, Kind::Steps { nodes: new }) | (Kind::Each { nodes: old }, Kind::Each { nodes: new }) => {
            sequence(old, new, inside, all);
        }
        (Kind::Parallel { nodes: old }, Kind::Parallel { nodes: new }) => branches(old, new, inside, at, all),
        (
            Kind::Condition { decision: was, nodes: then, otherwise: other, else_nodes },
            Kind::Condition { decision, nodes, otherwise, else_nodes: new_else },
        ) => {
            same(was, decision, inside, all);
            if other != otherwise {
                all.push(shape("the other side", otherwise_word(*other), otherwise_word(*otherwise)));
            }
            sequence(then, nodes, At { key: &block_key(at.key, THEN), path: at.path }, all);
            if other == otherwise {
                sequence(else_nodes, new_else, At { key: &block_key(at.key, ELSE), path: at.path }, all);
            }
        }
        (Kind::Loop { max: old_max, restart: old_restart, nodes: was, until: old_until }, Kind::Loop { max, restart, nodes, until }) => {
            if old_max != max {
                all.push(shape("`max`", old_max.to_string(), max.to_string()));
            }
            if old_restart != restart {
                all.push(shape("`restart`", old_restart.to_string(), restart.to_string()));
            }
            sequence(was, nodes, inside, all);
            match (old_until, until) {
                (Some(old), Some(new)) => same(old, new, inside, all),
                (None, None) => {}
                (old, _) => {
                    let word = |there: bool| if there { "there".to_owned() } else { "not there".to_owned() };
                    all.push(shape("`until`", word(old.is_some()), word(old.is_none())));
                }
            }
        }
        (Kind::Router { many: old_many, decision: was, arms: old_arms }, Kind::Router { many, decision, arms }) => {
            if old_many != many {
                all.push(shape("`many`", old_many.to_string(), many.to_string()));
            }
            same(was, decision, inside, all);
            routes(old_arms, arms, *many, at, all);
        }
        (was, is) => {
            let change = Change::Kind { was: was.word(), is: is.word() };
            all.push(Difference { path: at.path.to_owned(), change, when: recorded() });
        }
    }
}

fn otherwise_word(otherwise: Otherwise) -> String {
    match otherwise {
        Otherwise::PassesThrough => "not there",
        Otherwise::Nodes => "a block",
        Otherwise::None => "`none`",
    }
    .to_owned()
}

fn value(old: &Part, new: &Part, at: At<'_>, all: &mut Vec<Difference>) {
    let Some(is) = new.kind.value() else { return };
    let was = old.kind.value();
    if was == Some(is) {
        return;
    }
    let of = if matches!(new.kind, Kind::Ask { .. }) { TypeOf::Answer } else { TypeOf::Value };
    // What a closure gave has no type that is known.
    let change = Change::Type { of, old: was.unwrap_or(is).clone(), new: is.clone(), code: new.code };
    all.push(Difference { path: at.path.to_owned(), change, when: When::Value(at.key.to_owned()) });
}

/// The arms of a router. What they are is their patterns.
fn routes(old: &[ArmPart], new: &[ArmPart], many: bool, at: At<'_>, all: &mut Vec<Difference>) {
    let path = if many { path_in(at.path, "many") } else { at.path.to_owned() };
    let recorded = || When::Recorded(vec![at.key.to_owned()]);
    for arm in new {
        let key = block_key(at.key, &arm.pattern);
        match old.iter().find(|was| was.pattern == arm.pattern) {
            Some(was) => sequence(&was.nodes, &arm.nodes, At { key: &key, path: &path }, all),
            None => {
                let change = Change::Branch { container: at.path.to_owned() };
                all.push(Difference { path: at.path.to_owned(), change, when: recorded() });
            }
        }
    }
    for arm in old.iter().filter(|was| !new.iter().any(|arm| arm.pattern == was.pattern)) {
        removed(&arm.nodes, &[], &[], At { key: &block_key(at.key, &arm.pattern), path: &path }, all);
    }
    // Patterns may overlap: the first that fits is taken.
    let order = |arms: &[ArmPart], others: &[ArmPart]| {
        let common = arms.iter().filter(|arm| others.iter().any(|other| other.pattern == arm.pattern));
        common.map(|arm| format!("`{}`", arm.pattern)).collect::<Vec<_>>().join(", ")
    };
    let (was, is) = (order(old, new), order(new, old));
    if was != is {
        let change = Change::Shape { what: "the order of the arms", was, is };
        all.push(Difference { path: at.path.to_owned(), change, when: recorded() });
    }
}

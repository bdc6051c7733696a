//! Which node of a definition a path of a run belongs to.

use serde_json::Value;

use super::{
    Definition, Flow, Kind, Part,
    compare::{BODY, ELSE, THEN, block_key, part_key},
};
use crate::run::path::Mark;

/// A node on the way to what a path names.
#[derive(Clone, Debug)]
pub(super) struct Step<'d> {
    pub(super) key: String,
    pub(super) part: &'d Part,
    /// The path up to here, with indices.
    pub(super) path: String,
    /// Which of the path's names it is.
    pub(super) segment: usize,
    /// The block of the innermost workflow round it.
    pub(super) flow: String,
    /// The blocks in it that have run; all of them, where that is not known.
    pub(super) blocks: Vec<String>,
}

/// What is known of the ways that containers went.
pub(super) trait Ways {
    /// What a condition decided.
    fn condition(&self, path: &str) -> Option<bool>;
    /// The arms that a router has run, if that is known.
    fn arms(&self, path: &str) -> Option<Vec<&str>>;
}

/// The nodes in which something may stand.
#[derive(Clone)]
struct Inside<'d> {
    blocks: Vec<(String, &'d [Part])>,
    /// Decisions and fallbacks, in the container's own block.
    own: (String, Vec<&'d Part>),
    many: bool,
    /// The workflows round it, with the keys of their blocks.
    flows: Vec<(String, &'d Flow)>,
}

impl Definition {
    /// The ways to what a path names, from the outermost node. Usually one; several where nobody knows which side of a condition or which arm it was.
    /// What is in a step (its children, a question about its failure) ends at the step.
    pub(super) fn find<'d>(&'d self, path: &str, ways: &dyn Ways) -> Vec<Vec<Step<'d>>> {
        let key = block_key("", BODY);
        let flow = &self.workflow;
        let inside =
            Inside { blocks: vec![(key.clone(), &flow.nodes)], own: (String::new(), Vec::new()), many: false, flows: vec![(key, flow)] };
        let mut found = Vec::new();
        let segments: Vec<&str> = path.split('/').collect();
        Search { segments: &segments, ways, found: &mut found }.walk(0, &inside, Vec::new());
        found
    }
}

struct Search<'s, 'd> {
    segments: &'s [&'s str],
    ways: &'s dyn Ways,
    found: &'s mut Vec<Vec<Step<'d>>>,
}

impl<'d> Search<'_, 'd> {
    fn walk(&mut self, at: usize, inside: &Inside<'d>, way: Vec<Step<'d>>) {
        let Some(segment) = self.segments.get(at) else { return self.found.push(way) };
        let (name, _) = Mark::split(segment);
        if inside.many && name == "many" {
            // `by_audience/many[0]/polish`: the turn is no node.
            return self.walk(at + 1, &Inside { many: false, ..inside.clone() }, way);
        }
        let own = inside.own.1.iter().map(|part| (&inside.own.0, *part));
        let members = inside.blocks.iter().flat_map(|(block, parts)| parts.iter().map(move |part| (block, part)));
        let candidates: Vec<_> = own.chain(members).filter(|(_, part)| part.name == name).collect();
        if candidates.is_empty() {
            return self.found.push(way);
        }
        for (block, part) in candidates {
            let path = self.segments[..=at].join("/");
            let flow = inside.flows.last().map(|(key, _)| key.clone()).unwrap_or_default();
            let mut step = Step { key: part_key(block, &part.name), part, path, segment: at, flow, blocks: Vec::new() };
            let within = enter(&step, &inside.flows, self.ways);
            step.blocks = within.blocks.iter().map(|(key, _)| key.clone()).collect();
            let mut way = way.clone();
            way.push(step);
            self.walk(at + 1, &within, way);
        }
    }
}

/// What is in a node.
fn enter<'d>(step: &Step<'d>, flows: &[(String, &'d Flow)], ways: &dyn Ways) -> Inside<'d> {
    let Step { key, part, path, .. } = step;
    let block = |way: &str| block_key(key, way);
    let mut flows = flows.to_vec();
    let (mut own, mut many) = (Vec::new(), false);
    let blocks = match &part.kind {
        Kind::Steps { nodes } | Kind::Parallel { nodes } | Kind::Each { nodes } => vec![(block(BODY), &nodes[..])],
        Kind::Loop { nodes, until, .. } => {
            own.extend(until.as_deref());
            vec![(block(BODY), &nodes[..])]
        }
        Kind::Condition { decision, nodes, else_nodes, .. } => {
            own.push(decision);
            let (then, other) = ((block(THEN), &nodes[..]), (block(ELSE), &else_nodes[..]));
            match ways.condition(path) {
                Some(true) => vec![then],
                Some(false) => vec![other],
                None => vec![then, other],
            }
        }
        Kind::Router { many: several, decision, arms } => {
            own.push(decision);
            many = *several;
            let ran = ways.arms(path);
            let ran = |pattern: &str| ran.as_ref().is_none_or(|ran| ran.contains(&pattern));
            arms.iter().filter(|arm| ran(&arm.pattern)).map(|arm| (block(&arm.pattern), &arm.nodes[..])).collect()
        }
        Kind::Workflow { workflow, .. } => {
            flows.push((block(BODY), workflow));
            vec![(block(BODY), &workflow.nodes[..])]
        }
        Kind::Recursion { up } => {
            flows.truncate(flows.len().saturating_sub(*up).max(1));
            flows.last().map(|(key, flow)| (key.clone(), &flow.nodes[..])).into_iter().collect()
        }
        Kind::Step { .. } | Kind::Decision { .. } | Kind::Map { .. } | Kind::Ask { .. } | Kind::Sleep => Vec::new(),
    };
    own.extend(part.fallback.as_deref());
    Inside { blocks, own: (block(BODY), own), many, flows }
}

/// The value of a decision that is recorded.
pub(super) fn yes(content: Option<&Value>) -> Option<bool> {
    content.and_then(Value::as_bool)
}

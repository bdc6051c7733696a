//! Finds the place of everything that is known of a run, and adds it up.

use std::collections::HashMap;

use super::{
    NodeRun, NodeState,
    facts::{Fact, Facts},
};
use crate::{
    plan::{
        Node, NodeKind,
        outline::{Outline, PlaceId, Role, Runs, Way},
    },
    run::path::{parent_of, plan_path},
    workflow::Status,
};

/// What became of each place.
pub(super) fn lay(outline: &Outline<'_>, facts: Facts) -> Vec<NodeRun> {
    let mut laid = Laid::new(outline, &facts);
    let Facts { status, mut ended, waiting, running, ways } = facts;
    // What is outside comes first: it says which of two places of the same path is meant.
    ended.sort_by_key(|fact| fact.path.matches('/').count());
    let newest = newest_starts(ended.iter().map(|fact| fact.path.as_str()).chain(running.iter().map(|(path, _)| path.as_str())));
    for fact in &ended {
        match is_superseded(&fact.path, &newest) {
            false => laid.end(fact),
            true => laid.started_anew(fact),
        }
    }
    for (path, executor) in &running {
        laid.open(path, executor.as_deref());
    }
    for question in &waiting {
        laid.wait(question);
    }
    for (path, taken) in ways {
        laid.went(&path, taken);
    }
    laid.gather(status)
}

struct Laid<'o> {
    outline: &'o Outline<'o>,
    by_path: HashMap<&'o str, Vec<PlaceId>>,
    /// Which place a path of the run is, once that is known.
    found: HashMap<String, PlaceId>,
    ways: HashMap<String, Vec<String>>,
    runs: Vec<NodeRun>,
}

impl<'o> Laid<'o> {
    fn new(outline: &'o Outline<'o>, facts: &Facts) -> Self {
        let mut by_path: HashMap<&str, Vec<PlaceId>> = HashMap::new();
        for (id, place) in outline.places.iter().enumerate() {
            by_path.entry(&place.path).or_default().push(id);
        }
        let ways = facts.ways.iter().map(|(path, taken)| (path.clone(), taken.clone())).collect();
        Self { outline, by_path, found: HashMap::new(), ways, runs: vec![NodeRun::default(); outline.places.len()] }
    }

    /// The place of a path. The sides of a condition and the arms of a router may repeat a name: then the node decides, or what is known of
    /// what is round it.
    fn find(&mut self, path: &str, node: Option<&'static Node>, executor: Option<&str>) -> Option<PlaceId> {
        if let Some(found) = self.found.get(path) {
            return Some(*found);
        }
        let mut left = self.by_path.get(plan_path(path).as_str())?.clone();
        let round = outer_of(path).map(|round| (round, self.find(round, None, None)));
        let places = &self.outline.places;
        let mut keep = |fits: &dyn Fn(PlaceId) -> bool| {
            if left.iter().any(|id| fits(*id)) {
                left.retain(|id| fits(*id));
            }
        };
        keep(&|id| node.is_some_and(|node| std::ptr::eq(places[id].node, node)));
        if let Some((round, place)) = round {
            keep(&|id| places[id].parent == place);
            let taken = self.ways.get(round).map(Vec::as_slice).unwrap_or_default();
            keep(&|id| self.outline.is_on(id, taken));
        }
        keep(&|id| executor.is_some_and(|executor| runs(self.outline, id) == Some(executor)));
        let found = left.first().copied()?;
        self.found.insert(path.to_owned(), found);
        Some(found)
    }

    fn end(&mut self, fact: &Fact) {
        if fact.path.contains('#') {
            let step = child_of(&fact.path).and_then(|step| self.find(step, None, None));
            if let Some(id) = step {
                self.runs[id].calls += 1;
            }
            return;
        }
        let Some(id) = self.find(&fact.path, fact.node, fact.executor.as_deref()) else { return };
        let is_turn = self.is_turn(id, &fact.path);
        let run = &mut self.runs[id];
        if is_turn {
            run.turns.add(fact.state);
            return;
        }
        run.times.add(fact.state);
        run.attempts += match self.outline.place(id).runs {
            Runs::Workflow(_) | Runs::Again(..) => 1,
            _ => u64::from(fact.attempts),
        };
        run.duration += fact.duration;
        if run.error.is_none() {
            run.error.clone_from(&fact.error);
        }
    }

    /// A nested workflow failed and was started anew: what it did is done again, and only that it was tried counts.
    fn started_anew(&mut self, fact: &Fact) {
        let Some(id) = self.find(&fact.path, fact.node, fact.executor.as_deref()) else { return };
        if matches!(self.outline.place(id).runs, Runs::Workflow(_) | Runs::Again(..)) {
            let run = &mut self.runs[id];
            run.attempts += 1;
            run.duration += fact.duration;
        }
    }

    fn open(&mut self, path: &str, executor: Option<&str>) {
        if path.contains('#') {
            return;
        }
        let Some(id) = self.find(path, None, executor) else { return };
        let is_turn = self.is_turn(id, path);
        let run = &mut self.runs[id];
        if is_turn { &mut run.turns } else { &mut run.times }.add(NodeState::Running);
    }

    /// A question is open. That about a failure, and those of a step's children, stand under a place that has no such node in it.
    fn wait(&mut self, question: &str) {
        let mut path = Some(question);
        while let Some(here) = path {
            if !here.contains('#')
                && let Some(id) = self.find(here, None, None)
            {
                self.runs[id].times.add(NodeState::Waiting);
                return;
            }
            path = parent_of(here);
        }
    }

    fn went(&mut self, path: &str, taken: Vec<String>) {
        let Some(id) = self.find(path, None, None) else { return };
        let ways = &mut self.runs[id].ways;
        for way in taken {
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
    }

    /// Whether a path is that of an iteration or of an item, and not of the whole.
    fn is_turn(&self, id: PlaceId, path: &str) -> bool {
        let repeats = matches!(self.outline.place(id).node.kind, NodeKind::Loop { .. } | NodeKind::Each { .. });
        repeats && path.ends_with(']')
    }

    /// The states: what is in a container that has not ended says where the container stands.
    fn gather(mut self, status: Option<Status>) -> Vec<NodeRun> {
        for id in (0..self.runs.len()).rev() {
            let place = self.outline.place(id);
            let inner = place.blocks.iter().flat_map(|block| &block.places).chain(&place.decision).chain(&place.fallback);
            let inner: Vec<_> = inner.map(|inner| self.runs[*inner].state).collect();
            let own = self.runs[id].times.state();
            self.runs[id].state = if inner.contains(&NodeState::Waiting) {
                NodeState::Waiting
            } else if own == NodeState::NotReached && inner.iter().any(|state| *state != NodeState::NotReached) {
                // It has not ended, so the run stands in it, or has left it without a record.
                match status {
                    Some(Status::Cancelled) => NodeState::Cancelled,
                    Some(Status::Failed) => NodeState::Failed,
                    _ => NodeState::Running,
                }
            } else {
                own
            };
        }
        self.runs
    }
}

impl Outline<'_> {
    /// Whether a place stands on one of the ways that its container took. Places without a choice round them do.
    fn is_on(&self, id: PlaceId, taken: &[String]) -> bool {
        let place = self.place(id);
        let (Some(parent), Some(block)) = (place.parent, place.block) else { return true };
        match self.place(parent).blocks[block].way {
            Way::Always => true,
            Way::Then => taken.iter().any(|way| way == "true"),
            Way::Else => taken.iter().any(|way| way == "false"),
            Way::Arm(pattern) => taken.iter().any(|way| way == pattern),
        }
    }
}

/// The path of what is round a path: the router itself is round `by_audience/many[0]/polish`.
fn outer_of(path: &str) -> Option<&str> {
    let round = parent_of(path)?;
    match round.rsplit_once('/') {
        Some((router, many)) if many.starts_with("many[") => Some(router),
        _ => Some(round),
    }
}

/// The path of the step that ran this as its own child: `plan` of `plan/research#0`. What is deeper is the child's.
fn child_of(path: &str) -> Option<&str> {
    let (step, child) = path.rsplit_once('/')?;
    (child.contains('#') && !step.contains('#')).then_some(step)
}

/// A path whose last name has the number of a fresh start, without it: `sub~2` is (`sub`, 2), and so is `sub` (`sub`, 1).
fn start_of(path: &str) -> (&str, u32) {
    match path.rsplit_once('~') {
        Some((base, start)) if !start.contains('/') => (base, start.parse().unwrap_or(1)),
        _ => (path, 1),
    }
}

/// The newest start of everything that was started anew.
fn newest_starts<'p>(paths: impl Iterator<Item = &'p str>) -> HashMap<&'p str, u32> {
    let mut newest = HashMap::new();
    for (base, start) in paths.map(start_of).filter(|(_, start)| *start > 1) {
        let known = newest.entry(base).or_insert(start);
        *known = start.max(*known);
    }
    newest
}

/// Whether a path is, or is within, something that was started anew later.
fn is_superseded(path: &str, newest: &HashMap<&str, u32>) -> bool {
    let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
    let mut prefixes = ends.map(|end| start_of(&path[..end]));
    !newest.is_empty() && prefixes.any(|(base, start)| newest.get(base).is_some_and(|newest| start < *newest))
}

/// The name of what runs at a place.
fn runs<'o>(outline: &'o Outline<'_>, id: PlaceId) -> Option<&'o str> {
    let place = outline.place(id);
    match place.runs {
        Runs::Step(step) => Some(step.name),
        Runs::Workflow(plan) | Runs::Again(plan, _) => Some(plan.type_name),
        Runs::Itself if place.role == Role::Member => Some(place.node.name),
        Runs::Itself => None,
    }
}

//! The plan as a tree of places: nested workflows are opened up, and a workflow that comes again inside of itself is left as a reference.
//!
//! Everything that walks over a plan walks over this: formats, bounds, lints, and what lays a run over it.

use super::{About, Node, NodeKind, Otherwise, Plan, StepInfo};

/// All places of a plan. A place stands before those that are in it.
#[derive(Debug)]
pub(crate) struct Outline<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) places: Vec<Place>,
    /// The places of the workflow's own block.
    pub(crate) body: Vec<PlaceId>,
}

/// Which place of an outline.
pub(crate) type PlaceId = usize;

/// A node where it stands. A workflow that is nested twice has its nodes twice.
#[derive(Debug)]
pub(crate) struct Place {
    /// The path in a run, without indices: `refine/improve`.
    pub(crate) path: String,
    pub(crate) node: &'static Node,
    pub(crate) role: Role,
    pub(crate) parent: Option<PlaceId>,
    /// In which of its parent's blocks it stands; `None` for decisions and fallbacks.
    pub(crate) block: Option<usize>,
    pub(crate) runs: Runs,
    pub(crate) decision: Option<PlaceId>,
    pub(crate) fallback: Option<PlaceId>,
    pub(crate) blocks: Vec<Block>,
}

/// What a place is to the one round it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Member,
    Decision,
    Fallback,
}

/// What runs at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Runs {
    /// What the node is: a container, a closure, a wait.
    Itself,
    Step(StepInfo),
    Workflow(&'static Plan),
    /// A workflow that is round this place already: at that place, or the whole one.
    Again(&'static Plan, Option<PlaceId>),
}

/// Places that follow each other, or stand side by side in a `parallel`.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) way: Way,
    pub(crate) places: Vec<PlaceId>,
}

/// When a block runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Always,
    Then,
    Else,
    Arm(&'static str),
}

/// The workflows round a place, with where they begin.
type Round<'p> = Vec<(&'p Plan, Option<PlaceId>)>;

impl<'p> Outline<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        let mut outline = Self { plan, places: Vec::new(), body: Vec::new() };
        outline.body = outline.add_all(plan.nodes, "", None, &mut vec![(plan, None)], None);
        outline
    }

    pub(crate) fn place(&self, id: PlaceId) -> &Place {
        &self.places[id]
    }

    fn add_all(
        &mut self,
        nodes: &[&'static Node],
        within: &str,
        parent: Option<PlaceId>,
        round: &mut Round<'p>,
        block: Option<usize>,
    ) -> Vec<PlaceId> {
        nodes.iter().map(|node| self.add(node, within, Role::Member, parent, round, block)).collect()
    }

    fn add(
        &mut self,
        node: &'static Node,
        within: &str,
        role: Role,
        parent: Option<PlaceId>,
        round: &mut Round<'p>,
        block: Option<usize>,
    ) -> PlaceId {
        let id = self.places.len();
        let path = if within.is_empty() { node.name.to_owned() } else { format!("{within}/{}", node.name) };
        let runs = match node.about.map(|about| about()) {
            None => Runs::Itself,
            Some(About::Step(step)) => Runs::Step(step),
            Some(About::Workflow(plan)) => match round.iter().find(|(outer, _)| std::ptr::eq(*outer, plan)) {
                Some((_, place)) => Runs::Again(plan, *place),
                None => Runs::Workflow(plan),
            },
        };
        self.places.push(Place { path: path.clone(), node, role, parent, block, runs, decision: None, fallback: None, blocks: Vec::new() });
        let decision = node.decision.map(|decision| self.add(decision, &path, Role::Decision, Some(id), round, None));
        let mut blocks = Vec::new();
        let mut block = |outline: &mut Self, way, nodes: &[&'static Node], within: &str, round: &mut Round<'p>| {
            let places = outline.add_all(nodes, within, Some(id), round, Some(blocks.len()));
            blocks.push(Block { way, places });
        };
        match node.kind {
            NodeKind::Condition { otherwise } => {
                block(self, Way::Then, node.children, &path, round);
                if otherwise == Otherwise::Nodes {
                    block(self, Way::Else, node.otherwise, &path, round);
                }
            }
            NodeKind::Router { many } => {
                let within = if many { format!("{path}/many") } else { path.clone() };
                for arm in node.arms {
                    block(self, Way::Arm(arm.pattern), arm.nodes, &within, round);
                }
            }
            NodeKind::Steps | NodeKind::Parallel { .. } | NodeKind::Each { .. } | NodeKind::Loop { .. } => {
                block(self, Way::Always, node.children, &path, round);
            }
            NodeKind::Call => {
                if let Runs::Workflow(plan) = runs {
                    round.push((plan, Some(id)));
                    block(self, Way::Always, plan.nodes, &path, round);
                    round.pop();
                }
            }
            NodeKind::Decision | NodeKind::Map | NodeKind::Ask { .. } | NodeKind::Sleep { .. } => {}
        }
        let fallback = node.fallback.map(|fallback| self.add(fallback, &path, Role::Fallback, Some(id), round, None));
        let place = &mut self.places[id];
        (place.decision, place.fallback, place.blocks) = (decision, fallback, blocks);
        id
    }
}

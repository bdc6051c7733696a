//! Names of nodes, which are static, and the nodes themselves: made once for each kind, name and options.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use agno_core::{__private as p, Node, NodeKind, OnMax, Otherwise};

use crate::tree::{self, Ask, Fails, Kind, OnError, Part, Step};

macro_rules! numbered {
    ($($(#[$doc:meta])* $list:ident $name:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) const $list: [&str; 6] = [concat!($name, 0), concat!($name, 1), concat!($name, 2), concat!($name, 3), concat!($name, 4), concat!($name, 5)];
    )*};
}

numbered! {
    NODES "node";
    /// A nested workflow is told apart, since its fresh starts are the same after a crash.
    NESTED "nest";
    /// Makes the list that `each` goes through.
    SPLITS "split";
    /// Makes one value of what branches gave.
    FOLDS "fold";
    /// Makes a value of the `Option` that `on_error = none` gives.
    OPTIONS "option";
    /// The same of a condition with `else none`.
    SIDES "side";
}

/// The node that never ends.
pub(crate) const LATE: &str = "late";

/// The name of the node at a place of its block.
pub(crate) fn of(kind: &Kind, index: usize) -> &'static str {
    if let Kind::Nested { .. } = kind { NESTED[index] } else { NODES[index] }
}

/// The names of the node and of its adapters.
pub(crate) fn around(kind: &Kind, index: usize) -> [&'static str; 5] {
    [of(kind, index), SPLITS[index], FOLDS[index], OPTIONS[index], SIDES[index]]
}

/// How long questions that nobody answers stay open.
const ASK: Duration = Duration::from_secs(3600);

/// What every step of a container with a timeout ends in, unless it never ends.
const GROUP: Duration = Duration::from_secs(1800);

/// The timeout of a step that takes longer.
const STEP: Duration = Duration::from_millis(500);

/// A node without options.
pub(crate) fn plain(name: &'static str, kind: NodeKind) -> &'static Node {
    known(Node::new(name, kind))
}

/// The node of a part.
pub(crate) fn node(part: &Part, index: usize) -> &'static Node {
    let mut node = Node::new(of(&part.kind, index), kind_of(&part.kind));
    node.options.on_error = match part.on_error {
        OnError::Fail => p::OnError::Fail,
        OnError::Skip => p::OnError::Skip,
        OnError::None => p::OnError::None,
        OnError::Fallback => p::OnError::Fallback,
        OnError::Pause => p::OnError::Pause,
        OnError::Collect => p::OnError::Collect,
    };
    match &part.kind {
        Kind::Step(step) => options_of(&mut node, step),
        Kind::Nested { retry, .. } => node.options.retry = Some(*retry),
        Kind::Steps { late: true, .. } => node.options.timeout = Some(GROUP),
        Kind::Parallel { branches, .. } => node.children = &BRANCHES[..branches.len()],
        _ => {}
    }
    known(node)
}

/// The node that a step is as the child of another one.
pub(crate) fn child(step: &Step) -> &'static Node {
    let mut node = Node::new("child", NodeKind::Call);
    options_of(&mut node, step);
    known(node)
}

fn options_of(node: &mut Node, step: &Step) {
    node.options.retry = Some(step.retry);
    node.options.timeout = (step.fails == Fails::Late).then_some(STEP);
}

static BRANCH: Node = Node::new("branch", NodeKind::Call);
static BRANCHES: [&Node; 6] = [&BRANCH; 6];

fn kind_of(kind: &Kind) -> NodeKind {
    match *kind {
        Kind::Step(_) | Kind::Nested { .. } => NodeKind::Call,
        Kind::Ask(ask) => NodeKind::Ask { question: None, timeout: (ask != Ask::Answered).then_some(ASK), default: ask == Ask::Default },
        Kind::Sleep(millis) => NodeKind::Sleep { duration: Duration::from_millis(millis) },
        Kind::Map => NodeKind::Map,
        Kind::Steps { .. } => NodeKind::Steps,
        Kind::Parallel { limit, .. } => NodeKind::Parallel { limit },
        Kind::Each { limit, .. } => NodeKind::Each { limit },
        Kind::Condition { ref otherwise, .. } => NodeKind::Condition {
            otherwise: match otherwise {
                tree::Otherwise::PassesThrough => Otherwise::PassesThrough,
                tree::Otherwise::None => Otherwise::None,
                tree::Otherwise::Nodes(_) => Otherwise::Nodes,
            },
        },
        Kind::Loop { max, until, restart, fails_at_max, .. } => {
            let on_max = if fails_at_max { OnMax::Fail } else { OnMax::Accept };
            NodeKind::Loop { max, restart, on_max, until: until.is_some() }
        }
        Kind::Router { many, .. } => NodeKind::Router { many },
    }
}

/// The same node, kept for ever. There are not many: thousands of plans share them.
fn known(node: Node) -> &'static Node {
    static KNOWN: Mutex<Option<HashMap<String, &'static Node>>> = Mutex::new(None);
    let key = format!("{} {:?} {:?} {}", node.name, node.kind, node.options, node.children.len());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.get_or_insert_default().entry(key).or_insert_with(|| Box::leak(Box::new(node)))
}

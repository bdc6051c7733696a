//! Names and nodes that are read from a store, as the static ones that code has.
//!
//! A node that is still in the plan is found there. What is not (children of steps, questions about failures, nodes of older definitions) is kept for
//! good once it has been seen: such names come from code, so there are few of them.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, OnceLock, PoisonError},
};

use crate::plan::{Node, NodeKind, OnError};
use crate::run::path::{Mark, Path};

/// The text as a static one.
pub(crate) fn name(text: &str) -> &'static str {
    static NAMES: OnceLock<Mutex<HashSet<&'static str>>> = OnceLock::new();
    let mut names = NAMES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(text) {
        return known;
    }
    let text: &'static str = Box::leak(text.into());
    names.insert(text);
    text
}

/// What is stored of a node beside its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    /// What people see, if it is not the name.
    pub(crate) label: Option<&'static str>,
    /// Whether the value before it passes through if it fails.
    pub(crate) skips: bool,
}

/// A node that is in no plan.
pub(crate) fn node(known: Known) -> &'static Node {
    static NODES: OnceLock<Mutex<HashMap<Known, &'static Node>>> = OnceLock::new();
    let mut nodes = NODES.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    nodes.entry(known).or_insert_with(|| {
        let mut node = Node::new(known.name, NodeKind::of_tag(known.kind).unwrap_or(NodeKind::Call));
        node.label = known.label;
        if known.skips {
            node.options.on_error = OnError::Skip;
        }
        Box::leak(Box::new(node))
    })
}

/// The place of a path: what is round its last name, that name, and what follows it.
pub(crate) fn place(path: &str) -> (Path, &'static str, Mark) {
    let mut round = Path::default();
    let mut segments = path.split('/').peekable();
    loop {
        let segment = segments.next().unwrap_or_default();
        let (text, mark) = Mark::split(segment);
        if segments.peek().is_none() {
            return (round, name(text), mark);
        }
        round = round.child(name(text), mark);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_was_written() {
        for path in ["write", "refine[0]/improve", "refine[12]/plan~2/research#0", "a/b[3]~2/c#4~5"] {
            let (round, name, mark) = place(path);
            assert_eq!(round.leaf(name, mark), path);
        }
    }
}

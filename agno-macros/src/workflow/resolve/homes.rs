//! Where in the workflow each name lives, so that a name used elsewhere can be told how to get there.

use std::collections::BTreeMap;

use proc_macro2::Ident;

use super::{args::bindings, names::node_name, text};
use crate::{
    diag::workflow_messages as messages,
    workflow::ast::{Block, Kind, Otherwise},
};

/// The containers around some code, each with the number of its side: a condition has two, a router one for each arm.
pub(super) type Path = Vec<(String, usize)>;

#[derive(Debug, Default)]
pub(super) struct Homes {
    homes: BTreeMap<String, Home>,
    no_values: BTreeMap<String, &'static str>,
}

#[derive(Debug)]
struct Home {
    /// The containers around it.
    path: Path,
    /// Whether it is a branch of the innermost one.
    branch: bool,
}

impl Homes {
    pub(super) fn of(body: &Block) -> Self {
        let mut homes = Self::default();
        homes.add(body, &[], false);
        homes
    }

    /// Names that are declared, but mean no value.
    pub(super) fn no_values(&mut self, names: &[(&Ident, &'static str)]) {
        self.no_values.extend(names.iter().map(|(name, what)| (text(name), *what)));
    }

    /// Why `name` means nothing to code inside of the containers `here`.
    pub(super) fn why_not(&self, name: &str, here: &[(String, usize)], names: &[&str]) -> String {
        if let Some(what) = self.no_values.get(name) {
            return messages::no_value_but(name, what);
        }
        let Some(Home { path, branch }) = self.homes.get(name) else { return messages::no_value(name, names) };
        match path.last() {
            Some((container, _)) if *branch && here.starts_with(path) => messages::sibling_branch(name, container),
            _ if here.starts_with(path) => messages::runs_later(name),
            Some((container, _)) if *branch => messages::lives_in_branch(name, container),
            Some((container, _)) if here.iter().any(|(around, _)| around == container) => messages::lives_in_other_side(name, container),
            Some((container, _)) => messages::lives_in(name, container),
            None => messages::runs_later(name),
        }
    }

    fn add(&mut self, block: &Block, path: &[(String, usize)], branch: bool) {
        for node in &block.nodes {
            let name = text(&node_name(node));
            let inside = |side: usize| -> Path { path.iter().cloned().chain([(name.clone(), side)]).collect() };
            self.homes.entry(name.clone()).or_insert_with(|| Home { path: path.to_vec(), branch });
            match &node.kind {
                Kind::Step(_) | Kind::Ask(_) | Kind::Sleep(_) | Kind::Map(_) => {}
                Kind::Steps(steps) => self.add(&steps.body, &inside(0), false),
                Kind::Parallel(parallel) => self.add(&parallel.branches, &inside(0), true),
                Kind::Each(each) => {
                    self.add_names(each.item.iter().map(text), &inside(0));
                    self.add(&each.body, &inside(0), false);
                }
                Kind::Loop(r#loop) => {
                    self.add_names(r#loop.drafts.iter().map(text), &inside(0));
                    self.add(&r#loop.body, &inside(0), false);
                }
                Kind::Condition(condition) => {
                    self.add(&condition.body, &inside(0), false);
                    if let Otherwise::Nodes(block) = &condition.otherwise {
                        self.add(block, &inside(1), false);
                    }
                }
                Kind::Router(router) => {
                    for (side, arm) in router.arms.iter().enumerate() {
                        self.add_names(bindings(&arm.pattern).into_iter(), &inside(side));
                        self.add(&arm.body, &inside(side), false);
                    }
                }
            }
        }
    }
    /// What a body starts with.
    fn add_names(&mut self, names: impl Iterator<Item = String>, path: &[(String, usize)]) {
        for name in names {
            self.homes.entry(name).or_insert_with(|| Home { path: path.to_vec(), branch: false });
        }
    }
}

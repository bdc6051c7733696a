//! Where in the workflow each name lives, so that a name used elsewhere can be told how to get there.

use std::collections::BTreeMap;

use proc_macro2::Ident;

use super::{names::node_name, text};
use crate::{
    diag::workflow_messages as messages,
    workflow::ast::{Block, Kind, Otherwise},
};

#[derive(Debug, Default)]
pub(super) struct Homes {
    homes: BTreeMap<String, Home>,
    no_values: BTreeMap<String, &'static str>,
}

#[derive(Debug)]
struct Home {
    /// The containers around it.
    path: Vec<String>,
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
    pub(super) fn why_not(&self, name: &str, here: &[String], names: &[&str]) -> String {
        if let Some(what) = self.no_values.get(name) {
            return messages::no_value_but(name, what);
        }
        let Some(Home { path, branch }) = self.homes.get(name) else { return messages::no_value(name, names) };
        match path.last() {
            _ if here.starts_with(path) => messages::runs_later(name),
            Some(container) if *branch && here.contains(container) => messages::sibling_branch(name, container),
            Some(container) if *branch => messages::lives_in_branch(name, container),
            Some(container) => messages::lives_in(name, container),
            None => messages::runs_later(name),
        }
    }

    fn add(&mut self, block: &Block, path: &[String], branch: bool) {
        for node in &block.nodes {
            let name = text(&node_name(node));
            let inside: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
            self.homes.entry(name).or_insert_with(|| Home { path: path.to_vec(), branch });
            match &node.kind {
                Kind::Step(_) | Kind::Ask(_) | Kind::Sleep(_) | Kind::Map(_) => {}
                Kind::Steps(steps) => self.add(&steps.body, &inside, false),
                Kind::Parallel(parallel) => self.add(&parallel.branches, &inside, true),
                Kind::Each(each) => self.add(&each.body, &inside, false),
                Kind::Loop(r#loop) => self.add(&r#loop.body, &inside, false),
                Kind::Condition(condition) => {
                    self.add(&condition.body, &inside, false);
                    if let Otherwise::Nodes(block) = &condition.otherwise {
                        self.add(block, &inside, false);
                    }
                }
                Kind::Router(router) => router.arms.iter().for_each(|arm| self.add(&arm.body, &inside, false)),
            }
        }
    }
}

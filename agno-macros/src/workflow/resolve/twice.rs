//! A name is used once in a scope: names are the keys of the records. The two sides of a condition and the arms of a router are scopes of their own.

use std::collections::BTreeSet;

use super::{node_name, text};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::{Block, Kind, Map, Sleep, Workflow},
};

/// Looks at what was read even where the parser has found mistakes: a node that it could not read takes no name from another.
pub(crate) fn check_names(workflow: &Workflow, errors: &mut Errors) {
    check_scope(&workflow.body, BTreeSet::from([text(&workflow.header.input)]), errors);
}

fn check_scope(block: &Block, mut names: BTreeSet<String>, errors: &mut Errors) {
    for node in &block.nodes {
        let name = node_name(node);
        if !names.insert(text(&name)) {
            let is_word = matches!(&node.kind, Kind::Sleep(Sleep { alias: None, .. }) | Kind::Map(Map { alias: None, .. }));
            let name_text = text(&name);
            errors.at(name.span(), if is_word { messages::word_twice(&name_text) } else { messages::name_twice(&name_text) });
        }
        for (_, block) in node.blocks() {
            check_scope(block, BTreeSet::new(), errors);
        }
    }
}

//! The lines before the first node.

use std::collections::BTreeSet;

use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::{
        ast::{Declarations, Use},
        resolve::text,
    },
};

/// The methods of the builder, beside which each `use` has one of its own.
const BUILDER: [&str; 12] = [
    "db",
    "state",
    "history",
    "store_events",
    "skip_events",
    "durability",
    "retry_on_conflict",
    "keep_runs",
    "name",
    "id",
    "build",
    "build_with",
];

/// Whether the `use` is called like a method of the builder.
pub(crate) fn is_builder_method(used: &Use) -> bool {
    BUILDER.contains(&text(&used.name).as_str())
}

/// A name is declared once, there is one state and one extra, and no executor is called like an option of the builder.
pub(super) fn check_declarations(declarations: &Declarations, errors: &mut Errors) {
    let Declarations { uses, states, extras } = declarations;
    let mut names = BTreeSet::new();
    let declared =
        uses.iter().map(|used| &used.name).chain(states.iter().map(|state| &state.name)).chain(extras.iter().map(|extra| &extra.name));
    for name in declared {
        if !names.insert(text(name)) {
            errors.at(name.span(), messages::declared_twice(text(name)));
        }
    }
    for used in uses.iter().filter(|used| is_builder_method(used)) {
        errors.at(used.name.span(), messages::use_like_an_option(text(&used.name)));
    }
    states
        .iter()
        .skip(1)
        .filter(|state| state.name != states[0].name)
        .for_each(|state| errors.at(state.name.span(), messages::STATE_TWICE));
    extras
        .iter()
        .skip(1)
        .filter(|extra| extra.name != extras[0].name)
        .for_each(|extra| errors.at(extra.name.span(), messages::EXTRA_TWICE));
    for state in states {
        if let Some(first) = &state.first {
            super::leaving::check_expr(first, "the first state", errors);
        }
    }
}

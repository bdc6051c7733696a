//! Names → handles: [`ast`] → [`graph`].
//!
//! Scopes are Rust's: what a body declares ends with it, and an inner name hides an outer one. While it goes, the resolver notes
//! which handles are read where; so it knows what a branch must capture, and after which node a value can be let go.

mod args;
mod ask;
mod block;
mod condition;
mod each;
mod homes;
mod loop_;
mod map;
mod names;
mod occurrences;
mod parallel;
mod router;
mod scopes;
mod sleep;
mod step;
mod steps;
mod twice;

pub(crate) use names::{node_name, text};
pub(crate) use twice::check_names;

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span};

use super::{
    ast,
    graph::{self, Handle, Value},
    taken::Taken,
};
use crate::diag::Errors;

pub(crate) fn resolve(workflow: ast::Workflow, taken: &Taken, errors: &mut Errors) -> graph::Workflow {
    let ast::Workflow { header, declarations, body } = workflow;
    let ast::Declarations { uses, states, extras } = &declarations;
    let asks = body.asks();
    let mut resolver = Resolver {
        errors,
        taken,
        site: header.name.span(),
        scopes: scopes::Scopes::default(),
        homes: homes::Homes::of(&body),
        path: Vec::new(),
        uses,
        idents: BTreeSet::new(),
        handles: 0,
        nodes: 0,
        read: BTreeSet::new(),
    };
    resolver.scopes.enter();
    let input = resolver.handle(&text(&header.input), header.input.span());
    let value = Value::One(input.clone());
    resolver.scopes.declare(&text(&header.input), scopes::Meaning::Value(value.clone()));
    let undeclared: Vec<(&Ident, &'static str)> = (uses.iter().map(|used| (&used.name, "an executor, which is run: `name;`")))
        .chain(states.iter().map(|state| (&state.name, "the session's state: a step reads it by `#[state]`, and changes it by `&mut`")))
        .chain(extras.iter().map(|extra| (&extra.name, "the run's additional data: a step reads it by `#[extra]`")))
        .collect();
    resolver.homes.no_values(&undeclared);
    let body = resolver.block(body, &value, [input.clone()], true);
    graph::Workflow { header, declarations, asks, input, body }
}

struct Resolver<'e> {
    errors: &'e mut Errors,
    taken: &'e Taken,
    /// Where handles are looked up: where the workflow's name is.
    site: Span,
    scopes: scopes::Scopes,
    homes: homes::Homes,
    /// The containers around the code at hand.
    path: homes::Path,
    uses: &'e [ast::Use],
    /// The identifiers of handles that are taken.
    idents: BTreeSet<String>,
    handles: usize,
    nodes: usize,
    /// What the node at hand has read so far.
    read: BTreeSet<Handle>,
}

impl Resolver<'_> {
    /// A handle that is called like `name` if it can be.
    fn handle(&mut self, name: &str, at: Span) -> Handle {
        // Two underscores in a row are no snake case, and the warning would be at the user's name.
        let name = name.trim_start_matches('_');
        let mut ident = self.taken.free(&format!("h_{name}"));
        let mut copies = 1;
        while !self.idents.insert(ident.clone()) {
            copies += 1;
            ident = self.taken.free(&format!("h_{name}_{copies}"));
        }
        let id = self.handles;
        self.handles += 1;
        Handle { id, ident: Ident::new(&ident, at.resolved_at(self.site)) }
    }

    /// New handles of the same shape.
    fn like(&mut self, value: &Value, name: &str, at: Span) -> Value {
        match value {
            Value::One(_) => Value::One(self.handle(name, at)),
            Value::Many(branches) => Value::Many(
                branches
                    .iter()
                    .map(|(branch, value)| (branch.clone(), self.like(value, &format!("{name}_{}", text(branch)), at)))
                    .collect(),
            ),
        }
    }

    fn reads(&mut self, handle: &Handle) {
        self.read.insert(handle.clone());
    }

    fn reads_all(&mut self, value: &Value) -> Vec<Handle> {
        let handles: Vec<Handle> = value.handles().into_iter().cloned().collect();
        self.read.extend(handles.iter().cloned());
        handles
    }

    /// Runs `inside` and gives what it read of what existed before.
    fn reading<T>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> (T, BTreeSet<Handle>) {
        let first = self.handles;
        let outer = std::mem::take(&mut self.read);
        let result = inside(self);
        let mut read = std::mem::replace(&mut self.read, outer);
        read.retain(|handle| handle.id < first);
        self.read.extend(read.iter().cloned());
        (result, read)
    }
}

//! Which names mean what, here.

use std::{collections::BTreeMap, rc::Rc};

use syn::Pat;

use crate::workflow::graph::{Handle, Value};

#[derive(Clone, Debug)]
pub(super) enum Meaning {
    Value(Value),
    /// A binding of a router's arm.
    Binding(Rc<Pat>, Handle),
}

/// The scopes around the code at hand, outermost first.
#[derive(Debug, Default)]
pub(super) struct Scopes(Vec<BTreeMap<String, Meaning>>);

impl Scopes {
    pub(super) fn enter(&mut self) {
        self.0.push(BTreeMap::new());
    }

    pub(super) fn leave(&mut self) {
        self.0.pop();
    }

    /// Declares a name in the innermost scope.
    pub(super) fn declare(&mut self, name: &str, meaning: Meaning) {
        let scope = self.0.last_mut().expect("a name is declared inside of a scope");
        scope.insert(name.to_owned(), meaning);
    }

    /// What a name means, and how deep it is declared.
    pub(super) fn find(&self, name: &str) -> Option<(usize, &Meaning)> {
        self.0.iter().enumerate().rev().find_map(|(depth, scope)| scope.get(name).map(|meaning| (depth, meaning)))
    }

    /// Every name that means something here.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.iter().flat_map(|scope| scope.keys().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

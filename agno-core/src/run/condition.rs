//! `condition`: a body that may be left out.

use super::{Cx, Fork, Stop, container::Route, values::SameAs};
use crate::{plan::Node, shared::Shared};

/// What a predicate that is a step said.
#[must_use]
pub fn holds(value: Shared<bool>) -> bool {
    *value
}

/// The value of the body, where without the body the piped value passes through.
pub fn passes<A: 'static, B: SameAs<A>>(_piped: &Shared<A>, value: Shared<B>) -> Shared<A> {
    B::same(value)
}

impl<P: Fork, O: 'static> Cx<P, O> {
    /// The decision of a closure, which is recorded.
    ///
    /// # Errors
    /// It panicked.
    pub fn decide(&mut self, node: &'static Node, predicate: impl FnOnce() -> bool) -> Result<bool, Stop<O>> {
        self.map(node, predicate).map(holds)
    }

    /// Which side runs.
    pub fn took(&mut self, yes: bool) {
        self.core.frame().route = Route::Condition(yes);
    }
}

//! `condition`: a body that may be left out.

use super::{Cx, Fork, Stop, container::Route};
use crate::{content::StepOutput, plan::Node};

impl<P: Fork, O: 'static> Cx<P, O> {
    /// The decision of a closure, which is recorded.
    ///
    /// # Errors
    /// It panicked.
    pub fn decide(&mut self, node: &'static Node, predicate: impl FnOnce() -> bool) -> Result<bool, Stop<O>> {
        self.map(node, predicate, <bool as StepOutput>::CODEC).map(|yes| *yes)
    }

    /// Which side runs.
    pub fn took(&mut self, yes: bool) {
        self.core.frame().route = Route::Condition(yes);
    }
}

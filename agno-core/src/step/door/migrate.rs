//! `migrate` at a node, where its function is seen to give what the step gives. The plan has it to be called.

use super::{Access, StepDoor};

impl<A: Access, W, C, T, B, E, O> StepDoor<'_, A, W, C, T, B, E, O> {
    /// How values are converted that older runs recorded at this node.
    #[must_use]
    pub fn migrate<Old>(self, _from_old: fn(Old) -> T) -> Self {
        self
    }
}

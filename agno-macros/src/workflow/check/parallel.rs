//! Branches.

use super::{block, check_as_one};
use crate::{
    diag::Errors,
    workflow::graph::{Node, OnError, Parallel},
};

/// Under `collect` each branch gives one `Result`, so a branch that ends in several values gives a tuple.
pub(super) fn check_parallel(node: &Node, parallel: &Parallel, errors: &mut Errors) {
    for branch in &parallel.branches {
        block::check_node(branch, errors);
        if matches!(node.on_error, OnError::Collect) {
            check_as_one(&branch.value, branch.at, errors);
        }
    }
}

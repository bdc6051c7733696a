//! A body for each item of a list.

use super::{block, check_as_one};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::graph::{Each, Node},
};

/// `each` goes over one list. After a `parallel` there are several values: `map` makes one of them.
pub(super) fn check_each(node: &Node, each: &Each, errors: &mut Errors) {
    if node.piped.count() != 1 {
        errors.at(node.at, messages::each_over_several(node.piped.count()));
    }
    block::check_block(&each.body, errors);
    check_as_one(&each.body.value, each.body.end(), errors);
}

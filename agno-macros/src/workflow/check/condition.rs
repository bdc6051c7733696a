//! A body that may be left out.

use super::{block, check_as_one, check_meeting, leaving, map};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::graph::{Condition, Node, Otherwise},
};

/// Both sides give the same number of values; without `else` what comes before is the other side; `else none` makes one `Option`.
pub(super) fn check_condition(node: &Node, condition: &Condition, errors: &mut Errors) {
    leaving::check_decision(&condition.predicate, "a predicate", errors);
    map::check_width(&condition.predicate, errors);
    block::check_block(&condition.body, errors);
    match &condition.otherwise {
        Otherwise::PassesThrough => check_meeting(&condition.body, node.piped.count(), messages::condition_counts, errors),
        Otherwise::Nodes(other) => {
            block::check_block(other, errors);
            check_meeting(other, condition.body.value.count(), messages::side_counts, errors);
        }
        Otherwise::None => check_as_one(&condition.body.value, condition.body.end(), errors),
    }
}

//! A body that is repeated.

use super::{block, check_meeting, leaving, map};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::graph::{Loop, Node},
};

/// What an iteration gives is what the next one gets, so there are as many; not with `restart`.
pub(super) fn check_loop(node: &Node, r#loop: &Loop, errors: &mut Errors) {
    block::check_block(&r#loop.body, errors);
    if !r#loop.restart {
        check_meeting(&r#loop.body, node.piped.count(), messages::loop_counts, errors);
    }
    if let Some(until) = &r#loop.until {
        leaving::check_decision(until, "a predicate", errors);
        map::check_width(until, errors);
    }
}

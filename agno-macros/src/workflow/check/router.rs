//! One of several arms.

use super::{block, check_meeting, leaving, map};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::graph::{Node, Router},
};

/// All arms give as many values as the first; with `many`, as many as come before, since one arm's value is the next one's input.
pub(super) fn check_router(node: &Node, router: &Router, errors: &mut Errors) {
    leaving::check_decision(&router.selector, "a selector", errors);
    map::check_width(&router.selector, errors);
    for arm in &router.arms {
        if let Some(guard) = &arm.guard {
            leaving::check_expression(guard, "a guard", errors);
        }
        block::check_block(&arm.body, errors);
    }
    let differs = |expected: usize| router.arms.iter().find(|arm| arm.body.value.count() != expected);
    if router.many.is_some() {
        let before = node.piped.count();
        if let Some(arm) = differs(before) {
            check_meeting(&arm.body, before, messages::many_counts, errors);
        }
    } else if let Some(first) = router.arms.first().map(|arm| arm.body.value.count())
        && let Some(arm) = differs(first)
    {
        check_meeting(&arm.body, first, messages::arm_counts, errors);
    }
}

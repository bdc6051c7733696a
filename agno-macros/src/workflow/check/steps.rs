//! A named group.

use super::block;
use crate::{diag::Errors, workflow::graph::Steps};

pub(super) fn check_steps(steps: &Steps, errors: &mut Errors) {
    block::check_block(&steps.body, errors);
}

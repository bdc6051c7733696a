//! A step, a nested workflow or an executor: rustc checks its arguments.

use super::leaving;
use crate::{diag::Errors, workflow::graph::Call};

pub(super) fn check_call(call: &Call, errors: &mut Errors) {
    leaving::check_call(call, errors);
}

//! A question to a person.

use super::leaving;
use crate::{diag::Errors, workflow::graph::Ask};

pub(super) fn check_ask(ask: &Ask, errors: &mut Errors) {
    leaving::check_expression(&ask.question, "a question", errors);
    if let Some(default) = &ask.default {
        leaving::check_expression(default, "a default", errors);
    }
}

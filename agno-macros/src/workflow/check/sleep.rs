//! A pause in time: its duration was checked when it was read.

use crate::{diag::Errors, workflow::graph::Sleep};

pub(super) fn check_sleep(sleep: &Sleep, _: &mut Errors) {
    let Sleep { duration: _ } = sleep;
}

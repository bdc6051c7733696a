//! What goes through a random plan, and what people decide about it: plain functions, which the model and the run share.

use agno_core::ErrorDecision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What every node takes and gives: a hash of all that went into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Value {
    pub(crate) n: u64,
}

/// The session's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Tally {
    pub(crate) n: u64,
}

pub(crate) const fn value(n: u64) -> Value {
    Value { n }
}

/// FNV, stirred once more: the rest of a small division decides which way things go.
pub(crate) fn mix(n: u64, text: &str) -> u64 {
    let n = text.bytes().fold(n ^ 0xcbf2_9ce4_8422_2325, |n, byte| (n ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let n = (n ^ (n >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    n ^ (n >> 32)
}

pub(crate) fn mix_number(n: u64, other: u64) -> u64 {
    mix(n, &other.to_string())
}

/// A value, or the path of what failed.
pub(crate) fn mix_result(n: u64, result: Result<&Value, &str>) -> u64 {
    match result {
        Ok(value) => mix_number(n, value.n),
        Err(path) => mix(n, &lasting(path)),
    }
}

/// What a step makes of a value, at a path.
pub(crate) fn stepped(path: &str, n: u64, tally: u64) -> Value {
    value(mix_number(mix(n, &lasting(path)), tally))
}

/// The items that `each` goes through.
pub(crate) fn items(n: u64, count: u64) -> Vec<Value> {
    (0..count).map(|item| value(mix_number(n, item))).collect()
}

/// Which arms of a router run.
pub(crate) fn arms(n: u64, arms: usize, many: bool) -> Vec<usize> {
    let arms = arms as u64;
    let count = if many { n % 3 } else { 1 };
    (0..count).map(|index| usize::try_from((n >> index) % arms).expect("few arms")).collect()
}

/// A path without what a crash may change: the number of a step's start. (That of a nested workflow is the same.)
pub(crate) fn lasting(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment.split_once('~') {
        Some((name, _)) if !segment.starts_with("nest") => name,
        _ => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Whether a nested workflow round the path runs anew.
pub(crate) fn is_fresh(path: &str) -> bool {
    path.split('/').any(|segment| segment.starts_with("nest") && segment.contains('~'))
}

/// What a question is answered with.
pub(crate) fn answer(path: &str) -> Value {
    value(mix(7, &lasting(path)))
}

/// What a question gives that nobody answers in time.
pub(crate) const DEFAULT: u64 = 13;

/// What a person decides about a failure of the node, who is asked about it for the `number`th time.
pub(crate) fn decision(node: &str, number: u32) -> ErrorDecision {
    match (mix(38, &lasting(node)) % 3, number) {
        (0 | 1, 1) => ErrorDecision::Retry,
        (0, _) | (2, 1) => ErrorDecision::Skip,
        _ => ErrorDecision::Fail,
    }
}

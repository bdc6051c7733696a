//! What legs hand on, where nodes have new names.

use serde::Deserialize as _;
use serde_json::Value;

use super::{BegunNode, Tail};
use crate::journal::Begun;

/// What a leg left beside the records, as the leg of the number `fence` would have left it. `begun`: what has begun and not ended, whether that leg said so or its records do.
pub(crate) fn move_tail(
    carried: Option<Value>,
    begun: &[Begun],
    fence: u64,
    renamed: impl Fn(&str) -> String,
) -> Result<Option<Value>, serde_json::Error> {
    let tail = match carried {
        Some(carried) => Tail::deserialize(carried)?,
        None if begun.is_empty() => return Ok(None),
        None => Tail::default(),
    };
    let begun = begun.iter().map(|Begun { path, attempts, once, why, end }| BegunNode {
        path: renamed(path),
        attempts: *attempts,
        once: *once,
        why: (*why).to_owned(),
        end: end.clone(),
    });
    let used = tail.used.into_iter().map(|(path, used)| (renamed(&path), used)).collect();
    serde_json::to_value(Tail { fence, begun: begun.collect(), used }).map(Some)
}

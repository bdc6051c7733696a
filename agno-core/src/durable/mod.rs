//! Runs that a store keeps: what is written while a leg runs, and how a run is read again.
//!
//! A leg works on a row of the desk, in memory and typed, whether a store keeps the run or not. With a store, everything that a next leg needs
//! goes into the run's [`Outbox`] as it comes to be, and when a leg begins, the row is made from what is stored.

mod media;
mod outbox;
mod read;
pub(crate) mod record;
mod renamed;
mod write;

pub(crate) use media::digests;
pub(crate) use outbox::{Claimed, Outbox};
pub(crate) use read::{Reading, read_row};
pub(crate) use record::Nodes;
pub(crate) use renamed::move_tail;
pub(crate) use write::{LegStands, definition, new_run, standing};

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::media::StoredMedia;
use crate::{
    error::{Fault, StepError},
    event::EventKind,
};

/// What a run was given beside its input.
#[derive(Serialize, Deserialize)]
struct Given {
    #[serde(default, skip_serializing_if = "Value::is_null")]
    metadata: Value,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    additional_data: Value,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    media: Vec<StoredMedia>,
}

/// What legs hand on beside the records.
#[derive(Default, Serialize, Deserialize)]
struct Tail {
    /// The number of the leg that left it. Later ones that were cut have left nothing but records.
    fence: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    begun: Vec<BegunNode>,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    used: HashMap<String, Duration>,
}

/// A node that has begun and not ended.
#[derive(Serialize, Deserialize)]
struct BegunNode {
    path: String,
    attempts: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    once: bool,
    why: String,
    end: EventKind,
}

/// Why a run failed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredFailure {
    Step(StepError),
    Fault(Fault),
}

/// What is stored of an attempt: `Begun` and `Failed` records.
#[derive(Serialize, Deserialize)]
pub(crate) struct Attempted {
    /// Attempts of this run of the node that have begun, or failed.
    pub(crate) attempts: u32,
    /// Attempts that failed in earlier runs of it.
    #[serde(default)]
    pub(crate) before: u32,
}

/// When a sleep or a question ends: a `Wake` record.
#[derive(Serialize, Deserialize)]
pub(crate) struct WakeAt {
    pub(crate) at: Timestamp,
}

/// What is stored of a question about a failure: an `Asked` record.
#[derive(Serialize, Deserialize)]
pub(crate) struct AskedNode {
    pub(crate) number: u32,
    pub(crate) settled: bool,
}

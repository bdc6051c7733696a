//! The journal of a run: an append-only list of what its nodes gave, addressed by path.
//!
//! Entries are written by the code of the run itself, into a list of its own, and move into the run's journal when a branch or a leg ends:
//! no lock is taken and no path is spelled out for a step.

mod entry;
pub(crate) mod intern;
mod replay;

pub(crate) use entry::{Content, Detail, Ended, Entry};
pub(crate) use replay::{Begun, Recorded, Replay, Settled, is_within};

//! Steps: what `#[step]` expands to stands on this.
//!
//! [`StepDoor`] is what `enter` of a step returns. It runs the attempts of one node and records what came out. [`StepContext`] is what a step
//! sees of its run, [`child`] what it may run itself.

mod access;
mod attempt;
pub(crate) mod child;
mod context;
mod door;
mod retry;
mod stand;

pub use access::{Access, Plain, Read, Write};
pub(crate) use attempt::panic_text;
pub use child::{Call, CallStream, Callee, ChildCx, ChildExecutor, ChildStep};
pub(crate) use context::ContextInner;
pub use context::{StepContext, TypedHistory};
pub use door::{Grant, StepDoor, StepMeta, Works};
pub(crate) use retry::longest_delay;
pub use stand::Stand;

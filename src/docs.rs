//! Guides, from the first step to the last event. Each can be read on its own; the examples are tested.

#[doc = include_str!("docs/getting_started.md")]
pub mod getting_started {}

#[doc = include_str!("docs/steps.md")]
pub mod steps {}

#[doc = include_str!("docs/workflows.md")]
pub mod workflows {}

#[doc = include_str!("docs/running.md")]
pub mod running {}

#[doc = include_str!("docs/state.md")]
pub mod state {}

#[doc = include_str!("docs/durability.md")]
pub mod durability {}

#[doc = include_str!("docs/errors.md")]
pub mod errors {}

#[doc = include_str!("docs/what_cannot_go_wrong.md")]
pub mod what_cannot_go_wrong {}

#[doc = include_str!("docs/changing_workflows.md")]
pub mod changing_workflows {}

#[doc = include_str!("docs/events.md")]
pub mod events {}

#[doc = include_str!("docs/plan.md")]
pub mod plan {}

#[cfg(feature = "terminal")]
#[doc = include_str!("docs/terminal.md")]
pub mod terminal {}

#[cfg(feature = "testing")]
#[doc = include_str!("docs/testing.md")]
#[doc = "\n```rust,ignore"]
#[doc = include_str!("../tests/sale.rs")]
#[doc = "```\n"]
#[doc = include_str!("docs/testing_tools.md")]
pub mod testing {}

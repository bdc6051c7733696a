//! The runtime behind `agno`: runs and their journal, events, sessions, and the surface that the macros call.
//!
//! Use the `agno` crate; this one is its engine. Where to look: `run` is what a body calls, `step` runs the attempts of one node,
//! `workflow` is what callers see, `plan` what is known before anything runs.

mod content;
pub mod db;
mod definition;
mod desk;
mod digest;
mod durable;
mod error;
mod event;
mod joint;
mod journal;
mod media;
mod plan;
pub mod rules;
mod run;
mod schema;
mod session;
mod shared;
mod step;
#[cfg(feature = "terminal")]
pub mod terminal;
pub mod testing;
mod workflow;

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;

pub use content::Content;
#[cfg(feature = "postgres")]
pub use db::PostgresDb;
#[cfg(feature = "sqlite")]
pub use db::SqliteDb;
pub use db::{Db, DbError, InMemoryDb};
pub use definition::{DefinitionCheck, DefinitionVerdict};
pub use error::{Error, Result, RunError, StepError, StepErrorKind};
pub use event::{Event, EventKind, EventName};
pub use media::{Bytes, Media, MediaKind, MediaSource};
pub use plan::{
    About, Arm, Bound, Bounds, Describe, Durability, Effect, History, Lint, LintKind, Migration, Node, NodeKind, NodeOptions, NodeRun,
    NodeState, OnError, OnMax, Otherwise, Overlay, Plan, RunTrace, StepInfo, StepOptions, Tally, TypeInfo, Unbounded, Use, WhyUnbounded,
    Work, WorkflowOptions,
};
pub use run::{ErrorDecision, QuestionInfo};
pub use schema::{Violation, Violations};
pub use session::{OpenQuestion, SessionInfo, Sessions};
pub use shared::Shared;
pub use step::{Call, CallStream, Callee, StepContext, TypedHistory};
#[cfg(feature = "terminal")]
pub use terminal::print_events;
pub use workflow::{
    AnswerTo, BlockingStream, Builder, EventStream, ExtraGiven, IntoInput, Metrics, Outcome, OutcomeKind, PartialRun, PausedRun,
    QuestionAt, RunBuilder, RunHandle, RunOutput, RunStream, Runner, Status, StepMetrics, StepOutcome, StepResult, Steps, StoredRun,
    WithExtra, WithoutExtra, Workflow,
};

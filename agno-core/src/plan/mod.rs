//! The plan of a workflow: a static tree of its nodes, with names, kinds, documentation and options.
//!
//! The macro writes it; the runtime reads the parts that it needs to run a node; everybody else draws and checks it. What walks over the whole plan walks
//! over its `outline`; `words` says how a node is spoken of, and `graph` is the picture that Mermaid, DOT and SVG draw.

mod bounds;
mod dot;
mod graph;
mod json;
mod lint;
mod mermaid;
mod migration;
mod node;
mod options;
pub(crate) mod outline;
mod overlay;
#[cfg(feature = "svg")]
mod svg;
mod text;
mod tone;
mod words;

pub use bounds::{Bound, Bounds, Unbounded, WhyUnbounded};
pub use lint::{Lint, LintKind};
pub use migration::{Migration, gives_as, migrate, migrated_schema};
pub use node::{Arm, Node, NodeKind, OnMax, Otherwise};
pub use options::{Durability, Effect, History, NodeOptions, OnError, StepOptions, Work, WorkflowOptions};
pub use overlay::{NodeRun, NodeState, Overlay, RunTrace, Tally};
pub(crate) use words::short_type;

use std::{marker::PhantomData, sync::Arc};

use schemars::{JsonSchema, Schema};

use crate::schema::schema_of;

/// A workflow, as it was written. It prints as a tree of text.
#[derive(Debug)]
pub struct Plan {
    /// What people see: `Content pipeline`.
    pub name: &'static str,
    /// The key in stores and addresses: `content-pipeline`.
    pub id: &'static str,
    /// The name of the Rust type.
    pub type_name: &'static str,
    /// The doc comment.
    pub description: Option<&'static str>,
    /// The options of the whole workflow.
    pub options: WorkflowOptions,
    /// What the body calls its input.
    pub input_name: &'static str,
    /// The input's type.
    pub input: fn() -> TypeInfo,
    /// The output's type.
    pub output: fn() -> TypeInfo,
    /// The session state's type, if there is one.
    pub state: Option<fn() -> TypeInfo>,
    /// The type of the additional data of a run, if it is declared.
    pub extra: Option<fn() -> TypeInfo>,
    /// The executors that the caller provides.
    pub uses: &'static [Use],
    /// The nodes of the body, in order.
    pub nodes: &'static [&'static Node],
}

impl Plan {
    /// A plan without nodes, for generated code to fill in.
    #[must_use]
    pub const fn new(type_name: &'static str, input: fn() -> TypeInfo, output: fn() -> TypeInfo) -> Self {
        Self {
            name: type_name,
            id: type_name,
            type_name,
            description: None,
            options: WorkflowOptions::DEFAULT,
            input_name: "input",
            input,
            output,
            state: None,
            extra: None,
            uses: &[],
            nodes: &[],
        }
    }
}

/// An executor that the caller of a workflow provides.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// The name in the workflow.
    pub name: &'static str,
    /// The type, as written.
    pub type_name: &'static str,
}

/// A type: its name and its schema.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TypeInfo {
    /// The Rust path of the type.
    pub name: &'static str,
    /// Its JSON Schema.
    pub schema: fn() -> Schema,
}

/// The type of the additional data of a run.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the additional data of a run",
    label = "must be described",
    note = "derive `JsonSchema` for it; it must also be `Send + Sync + 'static`"
)]
pub trait AdditionalData {
    /// The type, as a plan shows it.
    #[doc(hidden)]
    fn info() -> TypeInfo;
}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema + Send + Sync + 'static> AdditionalData for T {
    fn info() -> TypeInfo {
        TypeInfo { name: std::any::type_name::<T>(), schema: schema_of::<T> }
    }
}

/// What runs at a node.
#[derive(Clone, Copy, Debug)]
pub enum About {
    /// A step: a function, or a value with a method `run`.
    Step(StepInfo),
    /// A nested workflow.
    Workflow(&'static Plan),
}

impl About {
    /// The name of what runs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Step(step) => step.name,
            Self::Workflow(plan) => plan.type_name,
        }
    }
}

/// A step, as it was written.
#[derive(Clone, Copy, Debug)]
pub struct StepInfo {
    /// Its name: the function's, unless `name = "…"` says otherwise.
    pub name: &'static str,
    /// What people see, if `label = "…"` says so.
    pub label: Option<&'static str>,
    /// The doc comment.
    pub description: Option<&'static str>,
    /// How it runs.
    pub work: Work,
    /// Its options.
    pub options: StepOptions,
    /// The schema of its parameters.
    pub input: fn() -> Schema,
    /// The schema of its output.
    pub output: fn() -> Schema,
    /// The names of its data parameters.
    pub params: &'static [&'static str],
}

/// Something that can stand at a node.
pub trait Describe {
    /// What it is.
    fn about() -> About;
}

/// What can stand at a node: a step, a workflow, or from `use` an executor.
// Not `Describe` itself, of which rustc would list what implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step, no workflow and no executor",
    label = "cannot be run",
    note = "write `#[step]` on a function of this name, or on an `impl {Self}` with a method `run`"
)]
pub trait Executor {}

#[diagnostic::do_not_recommend]
impl<T: Describe> Executor for T {}

/// What a type is that stands at a node: [`AboutOf::about`], or of what is no executor [`NoExecutor::about`].
#[derive(Debug)]
pub struct AboutOf<T>(PhantomData<fn() -> T>);

impl<T: Describe> AboutOf<T> {
    /// What it is.
    pub fn about() -> About {
        T::about()
    }
}

/// Leads from a type to what it is: `<write as AnyType>::About::about`. (`AboutOf<write>` would take a function for a constant.)
pub trait AnyType {
    /// What the type is.
    type About;
}

impl<T> AnyType for T {
    type About = AboutOf<T>;
}

/// What generated code finds where a type has no functions of a step or a workflow: these are refused, once, in words of ours.
pub trait NoExecutor {
    /// At the node, where it is refused.
    fn enter<A, R>(_at: A) -> R
    where
        Self: Executor,
    {
        unreachable!("it would have functions of its own")
    }

    /// The same for an executor from `use`.
    fn enter_value<A, R>(self: &Arc<Self>, _at: A) -> R
    where
        Self: Executor,
    {
        unreachable!("it would have functions of its own")
    }

    /// In the plan, where nothing more is said.
    fn about() -> About {
        unreachable!("it would have functions of its own")
    }
}

impl<T> NoExecutor for T {}

#[diagnostic::do_not_recommend]
impl<T: Describe> Describe for Arc<T> {
    fn about() -> About {
        T::about()
    }
}

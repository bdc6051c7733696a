//! Workflows from outside: building them, running them, and what comes of it.

mod builder;
mod drive;
mod events;
mod extra;
mod handle;
mod input;
pub(crate) mod kept;
mod leg;
mod output;
mod question;
mod recover;
mod request;
mod runner;
mod step_result;
mod stored;
mod stream;

pub use builder::{Builder, Given};
pub(crate) use drive::Drive;
pub use events::EventStream;
pub use extra::{ExtraGiven, WithExtra, WithoutExtra};
pub use handle::RunHandle;
pub use input::IntoInput;
pub use output::{Metrics, Outcome, OutcomeKind, PartialRun, PausedRun, RunOutput, Status};
pub use question::{AnswerTo, QuestionAt};
pub use request::RunBuilder;
pub use runner::Runner;
pub use step_result::{StepMetrics, StepOutcome, StepResult, Steps};
pub use stored::StoredRun;
pub use stream::{BlockingStream, RunStream};

use std::ops::Deref;

use crate::{
    content::Codec,
    plan::Plan,
    run::{Body, Cx, ExtraPart, Position, StatePart},
    shared::Shared,
};

/// How the state of a workflow begins.
pub type FirstState<W> = <<W as Workflow>::State as StatePart>::First;

/// A workflow. Implemented by `workflow!`; users name it as a bound, such as in `ctx.history::<W>(n)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no workflow",
    label = "no workflow",
    note = "workflows are made by `workflow! {{ … }}`"
)]
pub trait Workflow: Clone + Send + Sync + Deref<Target = Runner<Self>> + 'static {
    /// What a run takes; [`Content`](crate::Content).
    type Input: Send + Sync + 'static;
    /// What a run gives; [`Content`](crate::Content).
    type Output: Send + Sync + 'static;
    #[doc(hidden)]
    type State: StatePart;
    #[doc(hidden)]
    type Extra: ExtraPart;
    #[doc(hidden)]
    type Uses: Send + Sync + 'static;
    /// How inputs are written, read and described. Generated code asks for `Content` here, and nowhere else.
    #[doc(hidden)]
    const INPUT: Codec<Self::Input>;
    /// The same of outputs.
    #[doc(hidden)]
    const OUTPUT: Codec<Self::Output>;
    /// The workflow as it was written.
    const PLAN: &'static Plan;
    #[doc(hidden)]
    fn first_state() -> FirstState<Self>;
    #[doc(hidden)]
    fn from_runner(runner: Runner<Self>) -> Self;
    #[doc(hidden)]
    fn body<'a>(
        uses: &'a Self::Uses,
        cx: &'a mut Cx<Position<Self::State, Self::Extra>, Self::Output>,
        input: Shared<Self::Input>,
    ) -> Body<'a, Self::Output>;
}

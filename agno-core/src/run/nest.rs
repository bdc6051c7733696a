//! Nested workflows: a workflow at a node of another one.

use std::{marker::PhantomData, sync::Arc};

use super::{
    Apart, At, Child, Cx, CxCore, ExtraPart, Fork, NoExtra, Open, Position, Stop,
    container::Shape,
    path::Mark,
    state::{CxCoreRef, StatePart},
    timed,
};
use crate::{
    error::{Fault, StepError, StepErrorKind},
    event::EventKind,
    plan::Node,
    shared::Shared,
    workflow::Workflow,
};

/// How deep workflows may nest.
const DEEPEST: u32 = 32;

/// Runs a workflow at a node. `W` is the nested workflow, `P` the position of the outer one, `O` its output.
pub struct NestDoor<'a, W: Workflow, P, O: 'static> {
    at: At<'a, P, O>,
    uses: Source<W>,
}

impl<W: Workflow, P, O> std::fmt::Debug for NestDoor<'_, W, P, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("NestDoor").field(&W::PLAN.type_name).finish()
    }
}

enum Source<W: Workflow> {
    /// Made for a workflow without executors.
    Type(W::Uses),
    Value(Arc<W>),
}

/// That what stands at a node records a value of its own. No workflow `W` does.
// Of `()`, so that rustc does not show the workflow, whose type the macro has made.
#[diagnostic::on_unimplemented(
    message = "a nested workflow records no value of its own that could be migrated",
    label = "at a workflow",
    note = "write `migrate` at the node in `{W}` whose type has changed"
)]
pub trait RecordsValueOf<W> {}

/// What an argument that is an expression is a method of.
#[derive(Debug)]
pub struct NestCall<T>(PhantomData<fn() -> T>);

impl<T: Clone + Send + Sync + 'static> NestCall<T> {
    /// Copies the argument: it is no name that could be shared.
    pub fn call(self, input: &T) -> std::future::Ready<Shared<T>> {
        std::future::ready(Shared::new(input.clone()))
    }
}

/// What the closure of a call by name sees; it does not run.
#[derive(Debug)]
pub struct Unused;

impl Unused {
    /// Nothing: the handles have the value.
    pub fn call<T: ?Sized>(self, _input: &T) -> std::future::Ready<()> {
        std::future::ready(())
    }
}

impl<'a, W, P, O> NestDoor<'a, W, P, O>
where
    W: Workflow,
    P: Fork,
    O: Send + Sync + 'static,
{
    /// A workflow that needs no executors, by its type.
    #[must_use]
    pub fn by_type(at: At<'a, P, O>) -> Self
    where
        W: Workflow<Uses = ()>,
    {
        Self { at, uses: Source::Type(()) }
    }

    /// A workflow by its value, from `use`.
    #[must_use]
    pub fn by_value(at: At<'a, P, O>, workflow: &Arc<W>) -> Self {
        Self { at, uses: Source::Value(Arc::clone(workflow)) }
    }

    /// Refused: what a nested workflow gives is its last node's value, and recorded there.
    #[must_use]
    pub fn migrate<Old>(self, _from_old: fn(Old) -> W::Output) -> Self
    where
        (): RecordsValueOf<W>,
    {
        self
    }

    /// Runs the workflow on a value that has a name.
    ///
    /// # Errors
    /// Why the body of the outer workflow ends here. A `Break` in the nested one is its value.
    pub async fn go<F, Fut>(self, node: &'static Node, (input,): (&Shared<W::Input>,), unused: F) -> Result<Shared<W::Output>, Stop<O>>
    where
        F: FnMut(Unused) -> Fut + Send,
    {
        drop(unused);
        let input = input.clone();
        self.run(node, input).await
    }

    /// Runs the workflow on the value of an expression.
    ///
    /// # Errors
    /// Why the body of the outer workflow ends here. A `Break` in the nested one is its value.
    pub async fn go_with<F, Fut>(self, node: &'static Node, mut argument: F) -> Result<Shared<W::Output>, Stop<O>>
    where
        W::Input: Clone,
        F: FnMut(NestCall<W::Input>) -> Fut + Send,
        Fut: Future<Output = Shared<W::Input>> + Send,
    {
        let input = argument(NestCall(PhantomData)).await;
        self.run(node, input).await
    }

    async fn run(mut self, node: &'static Node, input: Shared<W::Input>) -> Result<Shared<W::Output>, Stop<O>> {
        let retries = node.options.retry.unwrap_or(0);
        let mut start = 1;
        loop {
            let out = self.start(node, self.at.core.mark.start(start), input.clone()).await;
            match out {
                Err(Stop::Failed(_)) if start <= retries => {
                    // The next start is a nested run of its own, `sub~2`; this failure must stay as it is.
                    let path = self.at.core.path.leaf(node.name, self.at.core.mark.start(start));
                    self.at.core.stands(&path);
                    start += 1;
                }
                out => {
                    if start > 1 && out.is_ok() {
                        let path = self.at.core.leaf(node.name);
                        self.at.core.tolerated(&path);
                    }
                    return out;
                }
            }
        }
    }

    async fn start(&mut self, node: &'static Node, mark: Mark, input: Shared<W::Input>) -> Result<Shared<W::Output>, Stop<O>> {
        let At { core, position, .. } = &mut self.at;
        let is_recorded = || core.run.replay.find(&core.path.leaf(node.name, mark)).is_some();
        if core.scope.is_cancelled() || (core.over && !is_recorded()) {
            return Err(Stop::Cancelled);
        }
        if core.depth >= DEEPEST {
            let message = format!("workflows are nested more than {DEEPEST} deep");
            return Err(Stop::Failed(Box::new(StepError::new(core.leaf(node.name), StepErrorKind::TooDeep, message, 1))));
        }
        let uses = match &self.uses {
            Source::Type(uses) => uses,
            Source::Value(workflow) => workflow.uses(),
        };
        let open = core.open_nested::<W>(node, mark);
        #[cfg(feature = "testing")]
        if let Some(double) = core.nested_double::<W>() {
            let out = core.stand_in::<W, O>(&double, &input).await;
            return core.close_nested::<W, O>(open, out);
        }
        let out = match node.options.timeout {
            None => nested::<W, P, O>(core, *position, uses, input).await,
            Some(_) => {
                let deadline = core.deadline();
                timed(deadline, nested::<W, P, O>(core, *position, uses, input)).await
            }
        };
        core.close_nested::<W, O>(open, out)
    }
}

/// A workflow as the child of a step.
pub(crate) async fn nest_child<W: Workflow>(
    cx: &mut Cx<Position<Apart, NoExtra>, Child>,
    node: &'static Node,
    uses: &W::Uses,
    input: Shared<W::Input>,
) -> Result<Shared<W::Output>, Stop<Child>> {
    let Cx { core, position, .. } = cx;
    let open = core.open_nested::<W>(node, core.mark);
    #[cfg(feature = "testing")]
    if let Some(double) = core.nested_double::<W>() {
        let out = core.stand_in::<W, Child>(&double, &input).await;
        return core.close_nested::<W, _>(open, out);
    }
    let out = nested::<W, _, _>(core, position, uses, input).await;
    core.close_nested::<W, _>(open, out)
}

async fn nested<W: Workflow, P: Fork, O: 'static>(
    core: &mut CxCore,
    position: &mut P,
    uses: &W::Uses,
    input: Shared<W::Input>,
) -> Result<Shared<W::Output>, Stop<O>> {
    let mut shared = false;
    let state = match position.state().and_then(W::State::share) {
        Some(state) => {
            shared = true;
            state
        }
        None => {
            let key = core.path.text();
            W::State::load(&CxCoreRef(core), &key, &W::first_state()).map_err(Stop::Fault)?
        }
    };
    let Some(extra) = W::Extra::of(position.extra_any()) else {
        // The bound of `enter` asks for it, so only a hand-written caller comes here.
        let reason = format!("`{}` needs additional data that the workflow round it does not declare", W::PLAN.type_name);
        return Err(Stop::Fault(Box::new(Fault::Misuse { reason })));
    };
    let mut inner = core.inner(core.path.clone(), core.sink.clone());
    inner.depth += 1;
    inner.output = W::OUTPUT.erased;
    inner.log = std::mem::take(&mut core.log);
    let mut cx = Cx::new(inner, Position { state, extra });
    let out = W::body(uses, &mut cx, input).await;
    core.log = std::mem::take(&mut cx.core.log);
    core.last = cx.core.last;
    if shared && let Some(outer) = position.state() {
        let Cx { position: Position { state, .. }, .. } = cx;
        state.give_back(outer);
    }
    match out {
        Err(Stop::Ended(value)) => Ok(value),
        Ok(value) => Ok(value),
        Err(other) => Err(other.convert(|_| unreachable!("handled above"))),
    }
}

#[cfg(feature = "testing")]
impl CxCore {
    /// What stands in for the workflow whose frame is open.
    fn nested_double<W: Workflow>(&self) -> Option<crate::testing::Double> {
        self.run.info.testing.double(std::any::TypeId::of::<W>(), || self.path.text())
    }

    async fn stand_in<W: Workflow, O: 'static>(
        &self,
        double: &crate::testing::Double,
        input: &W::Input,
    ) -> Result<Shared<W::Output>, Stop<O>> {
        tokio::time::sleep(double.delay()).await;
        let output = double.stand_in::<crate::testing::NestedDouble<W>>()(input);
        output.map(Shared::new).map_err(|error| Stop::Failed(Box::new(StepError::of(self.path.text(), error, 1))))
    }
}

impl CxCore {
    pub(crate) fn open_nested<W: Workflow>(&mut self, node: &'static Node, mark: Mark) -> Open {
        let depth = self.depth + 1;
        let start = EventKind::WorkflowStarted { depth, name: W::PLAN.name.to_owned() };
        self.open_frame(Shape::Workflow(node, depth), mark, Some(start))
    }

    pub(crate) fn close_nested<W: Workflow, O>(
        &mut self,
        open: Open,
        out: Result<Shared<W::Output>, Stop<O>>,
    ) -> Result<Shared<W::Output>, Stop<O>> {
        if let Ok(output) = &out {
            let depth = self.depth + 1;
            let frame = self.frame();
            let (silent, inside) = (frame.silent, frame.inside.clone());
            if !silent {
                self.say_at(&inside, || EventKind::WorkflowCompleted { depth, content: W::OUTPUT.json(output).unwrap_or_default() });
            }
        }
        self.close_with(open, out)
    }
}

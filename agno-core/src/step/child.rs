//! Children: what a step runs itself. Each has a path, events, retries and a record of its own, so that plain Rust with `if`, `for` and `?` is
//! durable too.
//!
//! A child that pauses does not return to the step: the call stays pending, and the step's door sees why and unwinds.

use std::{
    collections::VecDeque,
    future::IntoFuture,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{StepContext, context::ContextInner};
use crate::{
    content::{ErasedCodec, StepOutput},
    db::rows::RecordKind,
    error::{Fault, StepError},
    event::Event,
    plan::{About, Describe, Node, NodeKind},
    run::{Apart, At, Body, Child, Cx, CxCore, NoExtra, Position, Run, Scope, Sink, Stateless, Stop, logs, nest_child, path::Mark},
    shared::Shared,
    workflow::Workflow,
};

/// Where a child stands. It has no state and no additional data: the calling step has them.
#[derive(Debug)]
pub struct ChildCx(Cx<Position<Apart, NoExtra>, Child>);

impl ChildCx {
    /// The place, lent to the child's node.
    pub fn at(&mut self) -> At<'_, Position<Apart, NoExtra>, Child> {
        self.0.at()
    }
}

/// A step that another step can run: one without state, additional data and `Break`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the child of a step",
    label = "not a step without state, `extra` and `ControlFlow`",
    note = "a child has no session state: give it what it needs as a value, and change the state in the calling step"
)]
pub trait ChildStep: Describe + Send + Sync + 'static {
    /// One value for each parameter: the value itself, a tuple, or `()`.
    type Input: Send + Sync + 'static;
    /// The step's output.
    type Output: Send + Sync + 'static;
    /// The name in paths.
    const NAME: &'static str;
    #[doc(hidden)]
    fn run_child<'a>(cx: &'a mut ChildCx, node: &'static Node, input: &'a Arc<Self::Input>) -> Body<'a, Self::Output, Child>;
}

/// An executor that a step can run.
pub trait ChildExecutor: Describe + Send + Sync + 'static {
    /// One value for each parameter: the value itself, a tuple, or `()`.
    type Input: Send + Sync + 'static;
    /// The executor's output.
    type Output: Send + Sync + 'static;
    /// The name in paths.
    const NAME: &'static str;
    #[doc(hidden)]
    fn run_child<'a>(
        this: &'a Arc<Self>,
        cx: &'a mut ChildCx,
        node: &'static Node,
        input: &'a Arc<Self::Input>,
    ) -> Body<'a, Self::Output, Child>;
}

/// What `ctx.call` takes: an `Arc` of an executor, or a workflow without state and `extra`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be called by a step",
    label = "no `Arc` of an executor, and no workflow without state",
    note = "hold the executor in an `Arc`, so that retries share it"
)]
pub trait Callee: Clone + Send + Sync + 'static {
    /// What it takes.
    type Input: Send + Sync + 'static;
    /// What it gives.
    type Output: Send + Sync + 'static;
    #[doc(hidden)]
    const NODE: &'static Node;
    #[doc(hidden)]
    fn run_callee<'a>(&'a self, cx: &'a mut ChildCx, input: &'a Arc<Self::Input>) -> Body<'a, Self::Output, Child>;
}

impl<E: ChildExecutor> Callee for Arc<E> {
    type Input = E::Input;
    type Output = E::Output;
    const NODE: &'static Node = &Node { about: Some(<E as Describe>::about), ..Node::new(E::NAME, NodeKind::Call) };

    fn run_callee<'a>(&'a self, cx: &'a mut ChildCx, input: &'a Arc<E::Input>) -> Body<'a, E::Output, Child> {
        E::run_child(self, cx, Self::NODE, input)
    }
}

impl<W: Workflow<State = Stateless, Extra = NoExtra>> Callee for W {
    type Input = W::Input;
    type Output = W::Output;
    const NODE: &'static Node = &Node { about: Some(about::<W>), ..Node::new(W::PLAN.id, NodeKind::Call) };

    fn run_callee<'a>(&'a self, cx: &'a mut ChildCx, input: &'a Arc<W::Input>) -> Body<'a, W::Output, Child> {
        Box::pin(async move {
            let output = nest_child::<W>(&mut cx.0, Self::NODE, self.uses(), Shared::from(Arc::clone(input))).await?;
            W::OUTPUT.whole(output).map(Shared::from).map_err(Stop::Fault)
        })
    }
}

fn about<W: Workflow>() -> About {
    About::Workflow(W::PLAN)
}

/// A step by its type, as a [`Callee`].
struct ByType<S>(std::marker::PhantomData<fn() -> S>);

impl<S> Clone for ByType<S> {
    fn clone(&self) -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<S: ChildStep> Callee for ByType<S> {
    type Input = S::Input;
    type Output = S::Output;
    const NODE: &'static Node = &Node { about: Some(<S as Describe>::about), ..Node::new(S::NAME, NodeKind::Call) };

    fn run_callee<'a>(&'a self, cx: &'a mut ChildCx, input: &'a Arc<S::Input>) -> Body<'a, S::Output, Child> {
        S::run_child(cx, Self::NODE, input)
    }
}

/// A child that is to run. Await it for its value; `.stream()` looks on.
#[must_use = "a child runs when it is awaited"]
pub struct Call<T> {
    future: Running<T>,
    run: Arc<Run>,
    path: String,
}

impl<T> std::fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<T> IntoFuture for Call<T> {
    type Output = Result<Arc<T>, StepError>;
    type IntoFuture = Running<T>;

    fn into_future(self) -> Self::IntoFuture {
        self.future
    }
}

impl<T> Call<T> {
    /// Runs the child as its events are read. After the last one, [`CallStream::output`] has the value.
    pub fn stream(self) -> CallStream<T> {
        let tap = Tap::new(self.path);
        self.run.listen().tap(Arc::downgrade(&tap));
        CallStream { future: Some(self.future), tap, output: None }
    }
}

/// The events of one child.
#[derive(Debug)]
pub(crate) struct Tap {
    pub(crate) path: String,
    events: Mutex<VecDeque<Arc<Event>>>,
}

/// A tap that may be gone.
pub(crate) type WeakTap = Weak<Tap>;

impl Tap {
    /// A tap on what happens at and under a path.
    pub(crate) fn new(path: String) -> Arc<Self> {
        Arc::new(Self { path, events: Mutex::default() })
    }

    pub(crate) fn push(&self, event: &Arc<Event>) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push_back(Arc::clone(event));
    }

    pub(crate) fn pop(&self) -> Option<Arc<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// A child that is to run, or runs.
type Running<T> = Pin<Box<dyn Future<Output = Result<Arc<T>, StepError>> + Send>>;

/// The events of a child, as it runs.
pub struct CallStream<T> {
    future: Option<Running<T>>,
    tap: Arc<Tap>,
    output: Option<Result<Arc<T>, StepError>>,
}

impl<T> std::fmt::Debug for CallStream<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallStream").field("path", &self.tap.path).finish_non_exhaustive()
    }
}

impl<T> CallStream<T> {
    /// The child's value; runs it to its end if it has not ended.
    ///
    /// # Errors
    /// The child's failure.
    pub async fn output(self) -> Result<Arc<T>, StepError> {
        match (self.output, self.future) {
            (Some(output), _) => output,
            (None, Some(future)) => future.await,
            (None, None) => unreachable!("a child that has ended has an output"),
        }
    }
}

impl<T> Stream for CallStream<T>
where
    T: Send + Sync,
{
    type Item = Arc<Event>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Arc<Event>>> {
        let this = self.get_mut();
        loop {
            if let Some(event) = this.tap.pop() {
                return Poll::Ready(Some(event));
            }
            let Some(future) = &mut this.future else { return Poll::Ready(None) };
            let polled = future.as_mut().poll(cx);
            if let Poll::Ready(output) = polled {
                this.output = Some(output);
                this.future = None;
            } else if let Some(event) = this.tap.pop() {
                return Poll::Ready(Some(event));
            } else {
                return Poll::Pending;
            }
        }
    }
}

/// Why a child ended that is not the step's business.
#[derive(Debug)]
pub(crate) enum ChildStop {
    Paused,
    Cancelled,
    Fault(Box<Fault>),
}

impl StepContext {
    /// Runs an executor or a workflow as a child of this step, with a path of its own: `plan/research#0`, numbered per callee.
    ///
    /// On resume a recorded child gives its record; a different order of calls is an error that names both.
    ///
    /// # Errors
    /// When awaited: the child's failure. A pause or a cancellation of the child does not come back: the step ends with it.
    pub fn call<C: Callee>(&self, callee: &C, input: C::Input) -> Call<C::Output> {
        let callee = callee.clone();
        let context = Arc::clone(self.inner());
        let (mark, diverged) = context.number(C::NODE.name);
        let own = context.own_path();
        let path = own.leaf(C::NODE.name, mark);
        let run = Arc::clone(&context.run);
        let future = Box::pin(async move {
            if let Some(fault) = diverged {
                return context.stop(ChildStop::Fault(Box::new(fault))).await;
            }
            let core = CxCore::child(&context, own, mark);
            let mut cx = ChildCx(Cx::new(core, Position::new(Apart, NoExtra)));
            let input = Arc::new(input);
            let out = callee.run_callee(&mut cx, &input).await;
            drop(cx);
            match out {
                // A step's value is its own, and a workflow's was made so.
                Ok(value) => Ok(value.into_whole().expect("a child's value is whole")),
                Err(Stop::Failed(error)) => Err(*error),
                Err(Stop::Paused) => context.stop(ChildStop::Paused).await,
                Err(Stop::Cancelled) => context.stop(ChildStop::Cancelled).await,
                Err(Stop::Fault(fault)) => context.stop(ChildStop::Fault(fault)).await,
                Err(Stop::Ended(never)) => match *never {},
            }
        });
        Call { future, run, path }
    }

    /// Runs a step as a child of this step, by its type: `ctx.step::<research>(topic)`.
    ///
    /// # Errors
    /// As [`StepContext::call`].
    pub fn step<S: ChildStep>(&self, input: S::Input) -> Call<S::Output> {
        self.call(&ByType::<S>(std::marker::PhantomData), input)
    }
}

impl ContextInner {
    /// The number of the next child of this name, and whether an earlier leg called another one here.
    fn number(&self, name: &'static str) -> (Mark, Option<Fault>) {
        let (count, place) = {
            let effects = &mut *self.effects();
            let count = effects.calls.entry(name).or_default();
            let number = *count;
            *count += 1;
            effects.count += 1;
            (number, effects.count - 1)
        };
        let path = self.own_path().text();
        let mut inner = self.run.inner();
        let calls = inner.carried().calls.entry(path.clone()).or_default();
        let fault = match calls.get(place) {
            None => {
                calls.push(name);
                if let Some(outbox) = &self.run.outbox {
                    // With the record of the child: what is not stored is called anew.
                    outbox.put_about(self.own_path().leaf(name, Mark::of_call(count)), RecordKind::Call, &());
                }
                None
            }
            Some(earlier) if *earlier == name => None,
            Some(earlier) => Some(Fault::Diverged {
                path,
                reason: format!(
                    "call {place} is `{name}`, but the run recorded `{earlier}` there; make the order of calls depend on recorded values only"
                ),
            }),
        };
        (Mark::of_call(count), fault)
    }

    /// Never comes back: the step's door sees the reason, and ends the attempt.
    async fn stop<T>(&self, stop: ChildStop) -> T {
        self.effects().stop.get_or_insert(stop);
        std::future::pending().await
    }
}

impl CxCore {
    fn child(context: &ContextInner, own: crate::run::path::Path, mark: Mark) -> Self {
        let mut core = Self::new(Arc::clone(&context.run), never());
        core.scope = Arc::<Scope>::clone(&context.scope);
        core.path = own;
        core.depth = context.depth;
        core.sink = Sink::Branch(Arc::clone(context.log.get_or_init(|| logs(1))), 0);
        core.mark = mark;
        core.history = context.history();
        core
    }
}

/// A child cannot end a workflow, so nobody asks for the codec of what it would end it with.
fn never() -> &'static ErasedCodec {
    <() as StepOutput>::CODEC.erased
}

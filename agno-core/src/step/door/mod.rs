//! [`StepDoor`]: runs the attempts of a step at one node, and records what came out.

mod migrate;
mod record;

use std::{
    ops::ControlFlow,
    pin::{Pin, pin},
    sync::{Arc, PoisonError},
    time::Duration,
};

use self::record::{Held, Replayed, Unsuccessful};
use super::{
    Access, Stand, StepContext,
    attempt::{BoxedAttempt, Elsewhere, Ended as Ran, Place, Placed, Watched, work},
    child::ChildStop,
    context::ContextInner,
};
use crate::{
    content::{BoxError, Codec, Tried},
    error::{Fault, StepErrorKind},
    plan::{About, Effect, Node, OnError, StepOptions, Work},
    run::{Busy, CxCore, Stop, Storing},
    shared::Shared,
};

/// What is known of a step, whatever node it stands at.
pub struct StepMeta<T, E> {
    /// Its name.
    pub name: &'static str,
    /// How it runs.
    pub work: Work,
    /// Its options.
    pub options: StepOptions,
    /// Which errors are worth another attempt; `None`: all.
    pub retry_if: Option<fn(&E) -> bool>,
    /// How to write and read its output.
    pub codec: fn() -> Codec<T>,
    /// Boxes its error.
    pub fail: fn(E) -> BoxError,
    /// Its description.
    pub about: fn() -> About,
}

impl<T, E> std::fmt::Debug for StepMeta<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepMeta").field("name", &self.name).field("options", &self.options).finish_non_exhaustive()
    }
}

/// What an attempt is given, beside the values of its arguments.
#[derive(Debug)]
pub struct Grant<'g> {
    core: &'g mut CxCore,
    node: &'static Node,
    attempt: u32,
    start: u32,
}

impl Grant<'_> {
    /// The step's context, for a step that asks for it.
    #[must_use]
    pub fn context(self) -> StepContext {
        // What the step says through it comes after what was said so far.
        self.core.count();
        let inner = Arc::new(ContextInner::new(self.core, self.node, self.attempt, self.start));
        self.core.context = Some(Arc::clone(&inner));
        StepContext::from(inner)
    }

    /// What stands in for the step `S`.
    #[must_use]
    pub fn double<S: 'static>(&self) -> Stand {
        #[cfg(feature = "testing")]
        return Stand { double: self.core.run.info.testing.double(std::any::TypeId::of::<S>(), || self.core.leaf(self.node.name)) };
        #[cfg(not(feature = "testing"))]
        return Stand::default();
    }
}

/// Runs a step at a node. `A` is its access to the state, `W` what it is given beside, `C` what its arguments are a method of, `T` its
/// output, `B` what it may `Break` with, `E` its error, `O` the output of the workflow.
pub struct StepDoor<'a, A: Access, W, C, T: 'static, B, E: 'static, O: 'static> {
    access: A,
    with: W,
    meta: &'static StepMeta<T, E>,
    bind: fn(&W, Grant<'_>, A::Local) -> C,
    ended: fn(B) -> O,
    retry_if: Option<fn(&E) -> bool>,
    lifetime: std::marker::PhantomData<&'a mut ()>,
}

impl<A: Access, W, C, T, B, E, O> std::fmt::Debug for StepDoor<'_, A, W, C, T, B, E, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepDoor").field("meta", &self.meta).finish_non_exhaustive()
    }
}

/// What a node gives.
type Given<T, O> = Result<Shared<T>, Stop<O>>;

/// What to do after an attempt.
enum Next<T: 'static, O: 'static> {
    Done(Result<Shared<T>, Stop<O>>),
    Again(Duration),
}

/// The attempts of a node so far.
struct Attempts {
    node: &'static Node,
    began: u64,
    /// Attempts begun.
    count: u32,
    /// Attempts that failed: the children of the next one are counted from here.
    failed: u32,
    /// Attempts that failed in earlier legs.
    before: u32,
    conflicts: u32,
}

impl<A: Access, W, C, T, B, E, O> StepDoor<'_, A, W, C, T, B, E, O> {
    /// What `enter` of a step returns.
    pub fn new(access: A, with: W, meta: &'static StepMeta<T, E>, bind: fn(&W, Grant<'_>, A::Local) -> C, ended: fn(B) -> O) -> Self {
        Self { access, with, meta, bind, ended, retry_if: meta.retry_if, lifetime: std::marker::PhantomData }
    }

    /// Which errors are worth another attempt at this node.
    #[must_use]
    pub fn retry_if(self, retry_if: fn(&E) -> bool) -> Self {
        Self { retry_if: Some(retry_if), ..self }
    }
}

impl<A, W, C, T, B, E, O> StepDoor<'_, A, W, C, T, B, E, O>
where
    A: Access,
    W: Send,
    C: Works,
    T: Send + Sync + 'static,
    B: Send + 'static,
    E: Send + 'static,
    O: Send + Sync + 'static,
{
    /// Runs the step. `handles` are for nested workflows and not looked at.
    ///
    /// # Errors
    /// Why the body of the workflow ends here.
    // No `async fn`: it would be one more state machine for each node.
    pub fn go<H: Send, F, Fut>(self, node: &'static Node, handles: H, attempt: F) -> impl Future<Output = Given<T, O>>
    where
        F: FnMut(C) -> Fut + Send,
        Fut: Future<Output = Tried<A::Local, B, T, E>> + Send + 'static,
    {
        drop(handles);
        self.go_with(node, attempt)
    }

    /// Runs the step.
    ///
    /// # Errors
    /// Why the body of the workflow ends here.
    // A thin shell: this is compiled for each node, everything that it calls only for each step.
    pub async fn go_with<F, Fut>(mut self, node: &'static Node, mut attempt: F) -> Result<Shared<T>, Stop<O>>
    where
        F: FnMut(C) -> Fut + Send,
        Fut: Future<Output = Tried<A::Local, B, T, E>> + Send + 'static,
    {
        let mut attempts = match self.begin(node) {
            Ok(attempts) => attempts,
            Err(ended) => return ended,
        };
        loop {
            if let Some(stored) = self.before(&attempts)
                && let Err(fault) = stored.await
            {
                return Err(self.unstored(&mut attempts, fault));
            }
            let call = self.bind(&mut attempts);
            // What the attempt gives lies in a place: whatever polls it knows no types.
            let mut given = None;
            let ran = if C::IS_SYNC && self.is_elsewhere() {
                let place = Place::default();
                let ran = self.elsewhere(&attempts, Box::pin(attempt(call)), &place).await;
                given = take(&place);
                ran
            } else {
                let mut future = pin!(attempt(call));
                self.watched(&attempts, pin!(Placed::new(future.as_mut(), &mut given))).await
            };
            let mut next = self.end(&mut attempts, ran, given);
            if let Some(stored) = self.after(&next) {
                let stored = stored.await;
                next = self.settled(&mut attempts, next, stored);
            }
            match next {
                Next::Done(result) => return result,
                Next::Again(delay) => {
                    if self.access.core().wait(&mut attempts, delay).await.is_err() {
                        return Err(Stop::Cancelled);
                    }
                }
            }
        }
    }

    // What is called once for each node is kept out of it: else LLVM has all of it in the workflow's body, once for each node.
    #[inline(never)]
    fn begin(&mut self, node: &'static Node) -> Result<Attempts, Given<T, O>> {
        let once = self.meta.options.effect == Effect::Once;
        if self.access.core().run.replays()
            && let Some(ended) = self.replayed(node)
        {
            return Err(ended);
        }
        let core = self.access.core();
        match core.begin_attempts(node, self.meta.name, once) {
            Ok(attempts) => Ok(attempts),
            Err(Held::Closed) => Err(Err(Stop::Cancelled)),
            Err(Held::Cut(begun)) => Err(Err(core.cut(node, *begun))),
        }
    }

    /// What must be stored before an attempt.
    #[inline(never)]
    fn before(&mut self, attempts: &Attempts) -> Option<Storing> {
        let once = self.meta.options.effect == Effect::Once;
        let core = self.access.core();
        core.run.outbox.is_some().then(|| core.before_attempt(attempts, once))?
    }

    /// What must be stored before the step has ended.
    #[inline(never)]
    fn after(&mut self, next: &Next<T, O>) -> Option<Storing> {
        let core = self.access.core();
        if core.run.outbox.is_none() || !matches!(next, Next::Done(_)) {
            return None;
        }
        match core.writes {
            Some(_) => core.stored(),
            None if self.meta.options.effect == Effect::Once => core.stored_now(),
            None => core.stored_beside_others(),
        }
    }

    /// Nothing has been stored: the step has not begun.
    #[cold]
    #[inline(never)]
    fn unstored(&mut self, attempts: &mut Attempts, fault: Box<Fault>) -> Stop<O> {
        self.access.core().cancelled(attempts);
        Stop::Fault(fault)
    }

    /// The step is stored, or it is not: then it is taken back, and runs again if the state that it changed had been changed by another run.
    #[cold]
    #[inline(never)]
    fn settled(&mut self, attempts: &mut Attempts, next: Next<T, O>, stored: Result<(), Box<Fault>>) -> Next<T, O> {
        let core = self.access.core();
        let writes = core.writes.take();
        let fault = match stored {
            Ok(()) => {
                if writes.is_some() {
                    core.keep_write();
                }
                return next;
            }
            Err(fault) => fault,
        };
        let (mark, by, now) = match (writes, *fault) {
            (Some(mark), Fault::Changed { by, now }) => (mark, by, now),
            (_, fault) => return Next::Done(Err(Stop::Fault(Box::new(fault)))),
        };
        core.take_back(attempts.node, &mark);
        if let Err(fault) = self.access.renew(now) {
            return Next::Done(Err(Stop::Fault(fault)));
        }
        let once = self.meta.options.effect == Effect::Once;
        self.access.core().conflict(attempts, &by, once)
    }

    /// What earlier legs have made of the node, if it does not run.
    #[cold]
    #[inline(never)]
    fn replayed(&mut self, node: &'static Node) -> Option<Given<T, O>> {
        let codec = (self.meta.codec)().erased;
        let core = self.access.core();
        Some(match core.replayed(node, codec)? {
            Replayed::Value(found) => Ok(found.shared()),
            Replayed::Broke(found) => Err(Stop::Ended(found.shared())),
            // Whatever the node says about failures, a person decides about this one.
            Replayed::Failed(error) if error.kind == StepErrorKind::Cut && node.options.on_error != OnError::Pause => {
                Err(core.decide(node, Stop::Failed(error), false).err()?)
            }
            Replayed::Failed(error) => Err(Stop::Failed(error)),
            Replayed::Fault(fault) => Err(Stop::Fault(fault)),
        })
    }

    #[inline(never)]
    fn bind(&mut self, attempts: &mut Attempts) -> C {
        attempts.count += 1;
        let local = self.access.take();
        let core = self.access.core();
        core.busy = Some(Busy { node: attempts.node, attempts: attempts.count, once: self.meta.options.effect == Effect::Once });
        let grant = Grant { core, node: attempts.node, attempt: attempts.count, start: attempts.before + attempts.failed + 1 };
        (self.bind)(&self.with, grant, local)
    }

    fn is_elsewhere(&mut self) -> bool {
        match self.meta.work {
            Work::Async => false,
            Work::Sync => self.access.core().in_branch,
            Work::Blocking => true,
        }
    }

    fn watched<'f>(&'f mut self, attempts: &Attempts, future: Pin<&'f mut (dyn Future<Output = ()> + Send + 'f)>) -> Watched<'f> {
        let (name, timeout) = (self.meta.name, self.meta.options.timeout);
        let core = self.access.core();
        let guard = core.guard(attempts, name, timeout);
        Watched::new(future, core, guard)
    }

    #[cold]
    #[inline(never)]
    fn elsewhere(
        &mut self,
        attempts: &Attempts,
        future: BoxedAttempt<Tried<A::Local, B, T, E>>,
        place: &Place<Tried<A::Local, B, T, E>>,
    ) -> Elsewhere {
        let (name, timeout, blocking) = (self.meta.name, self.meta.options.timeout, self.meta.work == Work::Blocking);
        let core = self.access.core();
        let guard = core.guard(attempts, name, timeout);
        Elsewhere::start(work(future, place), blocking, core, guard)
    }

    #[inline(never)]
    fn end(&mut self, attempts: &mut Attempts, ran: Ran, given: Option<Tried<A::Local, B, T, E>>) -> Next<T, O> {
        let waits = matches!(ran, Ran::Stopped(ChildStop::Paused));
        let context = self.access.core().leave_attempt(waits);
        let error = match (ran, given) {
            (Ran::Given, Some((local, Ok(flow)))) => return self.given(attempts, context, local, flow),
            (Ran::Given, Some((_, Err(error)))) => {
                Unsuccessful::Error { worth: self.retry_if.is_none_or(|worth| worth(&error)), error: (self.meta.fail)(error) }
            }
            (ran, _) => Unsuccessful::Ended(ran),
        };
        self.access.core().without_value(attempts, error, &self.meta.options).into()
    }

    /// The attempt gave a value.
    fn given(
        &mut self,
        attempts: &mut Attempts,
        context: Option<Arc<ContextInner>>,
        local: A::Local,
        flow: ControlFlow<B, T>,
    ) -> Next<T, O> {
        if A::WRITES {
            self.access.core().begin_write();
        }
        if let Err(other) = self.access.put(local) {
            let once = self.meta.options.effect == Effect::Once;
            return self.access.core().conflict(attempts, &other, once);
        }
        let core = self.access.core();
        Next::Done(match flow {
            ControlFlow::Continue(value) => {
                let value = Arc::new(value);
                #[cfg(feature = "testing")]
                let value = match core.run.info.testing.roundtripped(value, (self.meta.codec)().erased) {
                    Ok(value) => crate::content::own(value),
                    Err(error) => {
                        let error = Unsuccessful::Error { error, worth: false };
                        return core.without_value(attempts, error, &self.meta.options).into();
                    }
                };
                core.completed(attempts, context, Arc::<T>::clone(&value), (self.meta.codec)().erased);
                Ok(Shared::from(value))
            }
            ControlFlow::Break(value) => {
                let output = Arc::new((self.ended)(value));
                core.broke(attempts, context, Arc::<O>::clone(&output));
                Err(Stop::Ended(Shared::from(output)))
            }
        })
    }
}

/// Whether a step may leave the run's task. By its type, so that the code for it is made only for steps that may.
pub trait Works: Send {
    /// Whether the step is a synchronous function.
    const IS_SYNC: bool;
}

/// What an attempt that ran elsewhere has left.
fn take<T>(place: &Place<T>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

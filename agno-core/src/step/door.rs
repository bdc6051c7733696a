//! [`StepDoor`]: runs the attempts of a step at one node, and records what came out.

use std::{
    ops::ControlFlow,
    pin::{Pin, pin},
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{
    Access, Stand, StepContext,
    attempt::{BoxedAttempt, Elsewhere, Ended as Ran, Guard, Place, Placed, Watched, work},
    child::ChildStop,
    context::{ContextInner, Effects},
    retry::{Cancelled, Wait, delay},
};
use crate::{
    content::{AnyArc, BoxError, Codec, ErasedCodec, Found, Kept, Tried},
    error::{Fault, StepError, StepErrorKind},
    event::EventKind,
    journal::{Begun, Content, Detail, Ended, Entry},
    plan::{About, Effect, Node, NodeKind, OnError, StepOptions, Work},
    run::{Busy, CxCore, Stop},
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
}

impl Grant<'_> {
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
            match self.end(&mut attempts, ran, given) {
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
        core.busy = Some(Busy { node: attempts.node, attempts: attempts.count });
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
        if let Err(other) = self.access.put(local) {
            let once = self.meta.options.effect == Effect::Once;
            return self.access.core().conflict(attempts, &other, once).into();
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

/// An attempt without a value.
enum Unsuccessful {
    /// Its own error, and whether that is worth another attempt.
    Error {
        error: BoxError,
        worth: bool,
    },
    Ended(Ran),
}

/// What an attempt that ran elsewhere has left.
fn take<T>(place: &Place<T>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// What earlier legs have made of a step.
enum Replayed {
    Value(Found),
    Broke(Found),
    Failed(Box<StepError>),
    Fault(Box<Fault>),
}

/// Why a step does not begin.
enum Held {
    /// What is round it has closed.
    Closed,
    /// An attempt that must not be made twice was cut.
    Cut(Box<Begun>),
}

/// What follows an attempt that gave nothing.
enum After {
    Again(Duration),
    Failed(Box<StepError>),
    Paused,
    Cancelled,
    Fault(Box<Fault>),
}

impl<T, O> From<After> for Next<T, O> {
    fn from(after: After) -> Self {
        Self::Done(Err(match after {
            After::Again(delay) => return Self::Again(delay),
            After::Failed(error) => Stop::Failed(error),
            After::Paused => Stop::Paused,
            After::Cancelled => Stop::Cancelled,
            After::Fault(fault) => Stop::Fault(fault),
        }))
    }
}

/// What a door does to the journal. None of it depends on the step's types, so that it is compiled here and not with each step.
impl CxCore {
    /// The step begins, or goes on where it was cut.
    #[inline(never)]
    fn begin_attempts(&mut self, node: &'static Node, name: &'static str, once: bool) -> Result<Attempts, Held> {
        // Before it is known whether the step had begun: if it does not run now, another pass may come, or what closes ends it.
        if self.is_closed() {
            return Err(Held::Closed);
        }
        let (mut count, mut before) = (0, 0);
        let mut cut = None;
        if !self.run.is_unwatched() && self.run.replays() {
            let path = self.leaf(node.name);
            if let Some(begun) = self.run.replay.take_begun(&path) {
                if once && begun.attempts > 0 {
                    return Err(Held::Cut(Box::new(begun)));
                }
                (count, cut) = (begun.attempts.saturating_sub(1), Some(begun.why));
            }
            before = self.run.replay.failed_attempts(&path);
        }
        if let Some(why) = cut {
            let (attempt, error) = (count + 1, why.to_owned());
            self.say(node.name, || EventKind::StepRetrying { attempt, error, delay: 0.0 });
        } else {
            self.say(node.name, || EventKind::StepStarted { executor: name.to_owned(), label: node.shown_label().map(str::to_owned) });
        }
        self.busy = Some(Busy { node, attempts: count });
        Ok(Attempts { node, began: self.last, count, failed: count, before, conflicts: 0 })
    }

    #[inline(never)]
    fn guard(&self, attempts: &Attempts, name: &'static str, timeout: Option<Duration>) -> Guard {
        let timeout = attempts.node.options.timeout.or(timeout);
        let span = self.run.traces().then(|| {
            tracing::info_span!(
                "step",
                path = self.leaf(attempts.node.name),
                executor = name,
                attempt = attempts.count,
                run_id = &*self.run.info.run_id
            )
        });
        Guard::new(timeout, span)
    }

    /// An attempt gave no value.
    #[inline(never)]
    fn without_value(&mut self, attempts: &mut Attempts, ended: Unsuccessful, options: &StepOptions) -> After {
        let error = |core: &Self, kind, message: String| StepError::new(core.leaf(attempts.node.name), kind, message, attempts.count);
        let ran = match ended {
            Unsuccessful::Error { error, worth } => {
                return self.unsuccessful(attempts, StepError::of(self.leaf(attempts.node.name), error, attempts.count), worth, options);
            }
            Unsuccessful::Ended(ran) => ran,
        };
        let (error, retries) = match ran {
            Ran::Given => (error(self, StepErrorKind::Panic, "a synchronous step awaited".to_owned()), false),
            Ran::TimedOut(limit) => (error(self, StepErrorKind::Timeout, format!("took longer than its timeout of {limit:?}")), true),
            Ran::Panicked(text) => (error(self, StepErrorKind::Panic, text), false),
            Ran::Stopped(ChildStop::Paused) => {
                self.left_waiting();
                return After::Paused;
            }
            Ran::Stopped(ChildStop::Fault(fault)) => {
                self.cancelled(attempts);
                return After::Fault(fault);
            }
            Ran::Cancelled | Ran::Stopped(ChildStop::Cancelled) => {
                self.cancelled(attempts);
                return After::Cancelled;
            }
        };
        self.unsuccessful(attempts, error, retries, options)
    }

    /// An attempt failed: another one follows, or the step has failed.
    fn unsuccessful(&mut self, attempts: &mut Attempts, error: StepError, retries: bool, options: &StepOptions) -> After {
        let node = &attempts.node.options;
        attempts.failed = attempts.count;
        if retries && attempts.count <= node.retry.unwrap_or(options.retry) {
            let (backoff, cap) = (node.backoff.unwrap_or(options.backoff), node.max_backoff.unwrap_or(options.max_backoff));
            return After::Again(self.retrying(attempts.node, attempts.count + 1, &error, backoff, cap));
        }
        attempts.failed += attempts.before;
        self.failed(attempts, error.clone());
        After::Failed(Box::new(error))
    }

    /// Another run of the session changed the state while this attempt worked on it.
    #[inline(never)]
    fn conflict(&mut self, attempts: &mut Attempts, other: &str, once: bool) -> After {
        attempts.conflicts += 1;
        if !once && attempts.conflicts <= self.run.info.retry_on_conflict {
            return After::Again(Duration::ZERO);
        }
        self.cancelled(attempts);
        After::Fault(Box::new(Fault::StateConflict { path: self.leaf(attempts.node.name), other: other.to_owned() }))
    }

    /// Waits between attempts.
    async fn wait(&mut self, attempts: &mut Attempts, delay: Duration) -> Result<(), Cancelled> {
        if delay.is_zero() {
            return Ok(());
        }
        let waited = Wait::new(delay, &self.scope).await;
        if waited.is_err() {
            self.cancelled(attempts);
        }
        waited
    }

    /// What earlier legs recorded of the node, if they did.
    fn replayed(&self, node: &'static Node, codec: &ErasedCodec) -> Option<Replayed> {
        let path = self.leaf(node.name);
        let recorded = self.run.replay.find(&path)?;
        let found = match recorded.ended {
            Ended::Tolerated | Ended::Standing => return Some(Replayed::Failed(Box::new(recorded.failure(path)))),
            Ended::Broke => self.found(&path, recorded.content, self.output).map(Replayed::Broke),
            _ => self.found(&path, recorded.content, codec).map(Replayed::Value),
        };
        Some(found.unwrap_or_else(Replayed::Fault))
    }

    /// An attempt of a step that must not run twice was cut, and nobody knows how far it came. A person decides.
    #[cold]
    fn cut<O: 'static>(&mut self, node: &'static Node, begun: Begun) -> Stop<O> {
        let message = "must run once, and an attempt was cut: look whether it took effect";
        let error = StepError::new(begun.path.clone(), StepErrorKind::Cut, message, begun.attempts);
        let count = begun.attempts;
        let mut attempts = Attempts { node, began: self.last, count, failed: count, before: 0, conflicts: 0 };
        let detail = Detail { error: Some(error.clone()), ..Detail::default() };
        let now = self.run.now();
        self.enter(&mut attempts, Content::Nothing, Ended::Failed, Some(Box::new(detail)), now);
        self.run.replay.put_begun(begun);
        let stop = Stop::Failed(Box::new(error));
        if node.options.on_error == OnError::Pause {
            // The node asks by itself, and knows whether there is something to skip to.
            return stop;
        }
        match self.decide(node, stop, false) {
            Err(stop) => stop,
            Ok(_) => unreachable!("nobody has been asked about a failure that is new"),
        }
    }

    #[inline(never)]
    fn completed(&mut self, attempts: &mut Attempts, context: Option<Arc<ContextInner>>, value: AnyArc, codec: &'static ErasedCodec) {
        let kept = Kept::of(value, codec);
        self.take_effects(context);
        let node = attempts.node;
        let now = self.run.now();
        let duration = now.saturating_sub(attempts.began);
        let direct = node.direct && matches!(node.kind, NodeKind::Call);
        if !self.run.listens() {
            self.uncounted += 1 + u64::from(direct);
        } else {
            let content = kept.json().unwrap_or_else(|error| format!("cannot be written as JSON: {error}").into());
            if direct {
                self.say(node.name, || EventKind::StepOutput { content: content.clone() });
            }
            let (attempts, duration) = (attempts.count, Duration::from_nanos(duration).as_secs_f64());
            self.say(node.name, || EventKind::StepCompleted { attempts, duration, content });
        }
        if self.run.debugs() {
            self.debug(node, &kept);
        }
        self.enter(attempts, Content::Kept(kept), Ended::Completed, None, now);
    }

    /// It ended the workflow with `output`.
    #[inline(never)]
    fn broke(&mut self, attempts: &mut Attempts, context: Option<Arc<ContextInner>>, output: AnyArc) {
        self.take_effects(context);
        let now = self.run.now();
        let node = attempts.node;
        let kept = Kept::of(output, self.output);
        let (count, duration) = (attempts.count, Duration::from_nanos(now.saturating_sub(attempts.began)).as_secs_f64());
        self.say(node.name, || EventKind::StepCompleted { attempts: count, duration, content: kept.json().unwrap_or_default() });
        self.enter(attempts, Content::Kept(kept), Ended::Broke, None, now);
    }

    fn failed(&mut self, attempts: &mut Attempts, error: StepError) {
        let (node, count) = (attempts.node, attempts.count);
        match node.options.on_error {
            OnError::Skip => {
                self.say(node.name, || EventKind::StepSkipped { reason: error.message.clone() });
            }
            // A person decides, and only then it ends.
            OnError::Pause => {
                let begun = Begun::new(self.leaf(node.name), count, EventKind::StepCancelled {});
                self.run.replay.put_begun(begun);
            }
            _ => self.say(node.name, || EventKind::StepError { attempts: count, error: error.message.clone() }),
        }
        if self.run.debugs() {
            tracing::debug!(path = self.leaf(node.name), %error, "step failed");
        }
        let now = self.run.now();
        let detail = Detail { error: Some(error), failed_attempts: attempts.failed, ..Detail::default() };
        self.enter(attempts, Content::Nothing, Ended::Failed, Some(Box::new(detail)), now);
    }

    fn cancelled(&mut self, attempts: &mut Attempts) {
        self.say(attempts.node.name, || EventKind::StepCancelled {});
        let now = self.run.now();
        self.enter(attempts, Content::Nothing, Ended::Cancelled, None, now);
    }

    fn retrying(&mut self, node: &'static Node, next: u32, error: &StepError, backoff: Duration, cap: Duration) -> Duration {
        let path = self.leaf(node.name);
        // Should the run be cut while it waits, then it is this attempt that begins.
        self.busy = Some(Busy { node, attempts: next });
        let delay = delay(backoff, cap, next, (&*self.run.info.run_id, &path));
        self.say(node.name, || EventKind::StepRetrying { attempt: next, error: error.message.clone(), delay: delay.as_secs_f64() });
        if self.run.debugs() {
            tracing::debug!(path, %error, ?delay, "step is tried again");
        }
        delay
    }

    /// An attempt is over: nothing is heard of it any more, and what its children have left open ends, unless the step waits for them.
    fn leave_attempt(&mut self, waits: bool) -> Option<Arc<ContextInner>> {
        let context = self.context.take()?;
        let has_children = context.end();
        if has_children && !waits {
            self.run.withdraw(&context.text());
        }
        self.gather_children(&context);
        Some(context)
    }

    /// The media that the attempt attached are the run's now.
    fn take_effects(&mut self, context: Option<Arc<ContextInner>>) {
        let Some(context) = context else { return };
        let Effects { attached, .. } = &mut *context.effects();
        if !attached.is_empty() {
            self.run.inner().carried().attached.append(attached);
        }
    }

    fn enter(&mut self, attempts: &mut Attempts, content: Content, ended: Ended, detail: Option<Box<Detail>>, now: u64) {
        self.busy = None;
        self.last = now;
        let (parent, mark) = (self.path.clone(), self.mark);
        self.record(Entry {
            parent,
            node: attempts.node,
            mark,
            content,
            started: attempts.began,
            duration: now.saturating_sub(attempts.began),
            attempts: attempts.count,
            ended,
            detail,
        });
    }

    fn debug(&self, node: &'static Node, kept: &Kept) {
        const LONGEST: usize = 1024;
        let mut text = kept.json().map_or_else(|error| error.to_string(), |json| json.to_string());
        if text.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
            text.push('…');
        }
        tracing::debug!(path = self.leaf(node.name), content = text, "step completed");
    }
}

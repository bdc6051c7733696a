//! One attempt of a step: polled with an eye on cancellation, time and panics.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{task::JoinHandle, time::Sleep};
use tokio_util::task::TaskTracker;

use super::{child::ChildStop, context::ContextInner};
use crate::run::{CxCore, Scope};

/// How an attempt ended.
pub(crate) enum Ended<T> {
    Value(T),
    Panicked(String),
    TimedOut(Duration),
    Cancelled,
    /// A child did not come back.
    Stopped(ChildStop),
}

/// The future of an attempt, without its own type: what follows is compiled once for each step, not for each node.
pub(crate) type AttemptFuture<'f, T> = Pin<&'f mut (dyn Future<Output = T> + Send + 'f)>;

/// The same, for an attempt that leaves the run's task.
pub(crate) type BoxedAttempt<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Polls an attempt in place.
pub(crate) struct Watched<'f, T> {
    future: AttemptFuture<'f, T>,
    core: &'f mut CxCore,
    guard: Guard,
}

/// What few attempts have: a time limit, and somebody who reads spans.
pub(crate) struct Guard(Option<Box<Limits>>);

struct Limits {
    timeout: Option<(Duration, Pin<Box<Sleep>>)>,
    span: Option<tracing::Span>,
}

impl Guard {
    pub(crate) fn new(timeout: Option<Duration>, span: Option<tracing::Span>) -> Self {
        if timeout.is_none() && span.is_none() {
            return Self(None);
        }
        let timeout = timeout.map(|limit| (limit, Box::pin(tokio::time::sleep(limit))));
        Self(Some(Box::new(Limits { timeout, span })))
    }

    fn ended<T>(&mut self, context: Option<&Arc<ContextInner>>, cx: &mut Context<'_>) -> Option<Ended<T>> {
        if let Some(stop) = context.and_then(|context| context.effects().stop.take()) {
            return Some(Ended::Stopped(stop));
        }
        let (limit, sleep) = self.0.as_mut()?.timeout.as_mut()?;
        sleep.as_mut().poll(cx).is_ready().then_some(Ended::TimedOut(*limit))
    }

    fn span(&self) -> Option<&tracing::Span> {
        self.0.as_ref()?.span.as_ref()
    }
}

impl<'f, T> Watched<'f, T> {
    pub(crate) fn new(future: AttemptFuture<'f, T>, core: &'f mut CxCore, guard: Guard) -> Self {
        Self { future, core, guard }
    }
}

impl<T> Future for Watched<'_, T> {
    type Output = Ended<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<T>> {
        let this = self.get_mut();
        if this.core.scope.is_cancelled() {
            return Poll::Ready(Ended::Cancelled);
        }
        let _entered = this.guard.span().map(tracing::Span::enter);
        match catch_unwind(AssertUnwindSafe(|| this.future.as_mut().poll(cx))) {
            Ok(Poll::Ready(value)) => Poll::Ready(Ended::Value(value)),
            Err(panic) => Poll::Ready(Ended::Panicked(panic_text(&*panic))),
            Ok(Poll::Pending) => {
                drop(_entered);
                this.guard.ended(this.core.context.as_ref(), cx).map_or(Poll::Pending, Poll::Ready)
            }
        }
    }
}

/// An attempt that runs as a task of its own, or on the pool for blocking work. A timeout or a cancel is reported at once;
/// the thread goes on to its end.
pub(crate) struct Elsewhere<T> {
    task: JoinHandle<()>,
    result: Arc<Mutex<Option<T>>>,
    scope: Arc<Scope>,
    context: Option<Arc<ContextInner>>,
    guard: Guard,
}

impl<T: Send + 'static> Elsewhere<T> {
    pub(crate) fn start(future: BoxedAttempt<T>, blocking: bool, core: &CxCore, guard: Guard) -> Self {
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        let span = guard.span().cloned().unwrap_or_else(tracing::Span::none);
        let work = move || {
            // It does not await, so one poll is its whole run.
            let value = future.now_or_never();
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = value;
        };
        let task = start(Box::new(work), blocking, core.run.threads(), span);
        Self { task, result, scope: Arc::clone(&core.scope), context: core.context.clone(), guard }
    }
}

/// Without the step's types: else a program would have tokio's tasks once for each of its steps, most of what compiling it would take.
fn start(work: Box<dyn FnOnce() + Send>, blocking: bool, threads: &TaskTracker, span: tracing::Span) -> JoinHandle<()> {
    if blocking {
        threads.spawn_blocking(move || {
            let _entered = span.enter();
            work();
        })
    } else {
        threads.spawn(async move {
            let _entered = span.enter();
            work();
        })
    }
}

impl<T> Future for Elsewhere<T> {
    type Output = Ended<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<T>> {
        let this = self.get_mut();
        if this.scope.is_cancelled() {
            return Poll::Ready(Ended::Cancelled);
        }
        match Pin::new(&mut this.task).poll(cx) {
            Poll::Ready(Ok(())) => {
                let value = this.result.lock().unwrap_or_else(PoisonError::into_inner).take();
                Poll::Ready(value.map_or_else(|| Ended::Panicked("a synchronous step awaited".to_owned()), Ended::Value))
            }
            Poll::Ready(Err(error)) => Poll::Ready(match error.try_into_panic() {
                Ok(panic) => Ended::Panicked(panic_text(&*panic)),
                // The runtime shuts down.
                Err(_) => Ended::Cancelled,
            }),
            Poll::Pending => this.guard.ended(this.context.as_ref(), cx).map_or(Poll::Pending, Poll::Ready),
        }
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a panic without text".to_owned(),
    }
}

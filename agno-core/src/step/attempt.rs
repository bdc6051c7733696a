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

/// How an attempt ended. What it gave lies in its place.
pub(crate) enum Ended {
    Given,
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

/// An attempt that puts what it gives into a place, so that what polls it knows no types and is compiled once.
pub(crate) struct Placed<'f, T> {
    future: AttemptFuture<'f, T>,
    place: &'f mut Option<T>,
}

impl<'f, T> Placed<'f, T> {
    pub(crate) fn new(future: AttemptFuture<'f, T>, place: &'f mut Option<T>) -> Self {
        Self { future, place }
    }
}

impl<T> Future for Placed<'_, T> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.future.as_mut().poll(cx).map(|given| *self.place = Some(given))
    }
}

/// Polls an attempt in place.
pub(crate) struct Watched<'f> {
    future: Pin<&'f mut (dyn Future<Output = ()> + Send + 'f)>,
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

    fn ended(&mut self, context: Option<&Arc<ContextInner>>, cx: &mut Context<'_>) -> Option<Ended> {
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

impl<'f> Watched<'f> {
    pub(crate) fn new(future: Pin<&'f mut (dyn Future<Output = ()> + Send + 'f)>, core: &'f mut CxCore, guard: Guard) -> Self {
        Self { future, core, guard }
    }
}

impl Future for Watched<'_> {
    type Output = Ended;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        let this = self.get_mut();
        if this.core.scope.is_cancelled() {
            return Poll::Ready(Ended::Cancelled);
        }
        let polled = {
            let _entered = this.guard.span().map(tracing::Span::enter);
            catch_unwind(AssertUnwindSafe(|| this.future.as_mut().poll(cx)))
        };
        match polled {
            Ok(Poll::Ready(())) => Poll::Ready(Ended::Given),
            Err(panic) => Poll::Ready(Ended::Panicked(panic_text(&*panic))),
            Ok(Poll::Pending) => this.guard.ended(this.core.context.as_ref(), cx).map_or(Poll::Pending, Poll::Ready),
        }
    }
}

/// Where an attempt that has left the run's task puts what it gives.
pub(crate) type Place<T> = Arc<Mutex<Option<T>>>;

/// An attempt that runs as a task of its own, or on the pool for blocking work. A timeout or a cancel is reported at once;
/// a thread that has begun goes on to its end.
pub(crate) struct Elsewhere {
    task: JoinHandle<()>,
    scope: Arc<Scope>,
    context: Option<Arc<ContextInner>>,
    guard: Guard,
}

/// What runs elsewhere: it does not await, so one poll is its whole run.
pub(crate) fn work<T: Send + 'static>(future: BoxedAttempt<T>, place: &Place<T>) -> Box<dyn FnOnce() + Send> {
    let place = Arc::downgrade(place);
    Box::new(move || {
        // Without a place nobody waits for it any more: a timeout, a cancel or a drop came before a thread was free.
        if let Some(place) = place.upgrade() {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = future.now_or_never();
        }
    })
}

impl Elsewhere {
    pub(crate) fn start(work: Box<dyn FnOnce() + Send>, blocking: bool, core: &CxCore, guard: Guard) -> Self {
        let span = guard.span().cloned().unwrap_or_else(tracing::Span::none);
        let task = start(work, blocking, core.run.threads(), span);
        Self { task, scope: Arc::clone(&core.scope), context: core.context.clone(), guard }
    }
}

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

impl Future for Elsewhere {
    type Output = Ended;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        let this = self.get_mut();
        if this.scope.is_cancelled() {
            return Poll::Ready(Ended::Cancelled);
        }
        match Pin::new(&mut this.task).poll(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Ended::Given),
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

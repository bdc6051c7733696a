//! Containers with a timeout: the time in which a leg runs counts, not the days of a pause.

use std::{
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Sleep;

use super::{CxCore, Scope, Stop};
use crate::error::{StepError, StepErrorKind};

impl CxCore {
    pub(crate) fn deadline(&mut self) -> Deadline {
        let frame = self.frame();
        let (path, limit) = (frame.inside.text(), frame.shape.node().options.timeout.unwrap_or(Duration::MAX));
        let used = self.run.inner().carried.as_ref().and_then(|carried| carried.used.get(&path).copied()).unwrap_or_default();
        Deadline { scope: Arc::clone(&self.scope), limit, left: limit.saturating_sub(used), path }
    }
}

/// When a container's time is over.
#[derive(Debug)]
pub struct Deadline {
    scope: Arc<Scope>,
    limit: Duration,
    left: Duration,
    path: String,
}

/// A body with a deadline.
pub struct Timed<'a, T, O: 'static> {
    body: Pin<Box<dyn Future<Output = Result<T, Stop<O>>> + Send + 'a>>,
    sleep: Pin<Box<Sleep>>,
    deadline: Deadline,
    over: bool,
    output: PhantomData<fn() -> O>,
}

impl<T, O> std::fmt::Debug for Timed<'_, T, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timed").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// Runs the body of a container until its time is over; then the body is cancelled, and the container fails.
pub fn timed<'a, T, O: 'static>(deadline: Deadline, body: impl Future<Output = Result<T, Stop<O>>> + Send + 'a) -> Timed<'a, T, O> {
    let sleep = Box::pin(tokio::time::sleep(deadline.left));
    Timed { body: Box::pin(body), sleep, deadline, over: false, output: PhantomData }
}

impl<T, O> Future for Timed<'_, T, O> {
    type Output = Result<T, Stop<O>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if !this.over && this.sleep.as_mut().poll(cx).is_ready() {
            this.over = true;
            this.deadline.scope.cancel();
        }
        let Poll::Ready(out) = this.body.as_mut().poll(cx) else { return Poll::Pending };
        Poll::Ready(match out {
            Err(Stop::Cancelled) if this.over => {
                let message = format!("took longer than its timeout of {:?}", this.deadline.limit);
                Err(Stop::Failed(Box::new(StepError::new(this.deadline.path.clone(), StepErrorKind::Timeout, message, 1))))
            }
            out => out,
        })
    }
}

//! Branches side by side, polled in the run's own task: no task for each, nothing to abort.

use std::{
    any::Any,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_util::{
    future::{MaybeDone, maybe_done},
    stream::{FuturesUnordered, Stream as _},
};

use super::{Scope, Stop};
use crate::journal::Entry;

/// What branches record, each for itself, so that they are merged in declared order.
pub(crate) type Logs = Arc<[Mutex<Vec<Entry>>]>;

/// Room for what so many branches record.
pub(crate) fn logs(branches: usize) -> Logs {
    (0..branches).map(|_| Mutex::default()).collect()
}

/// A branch without its types. It keeps its value until that is taken.
pub(crate) trait Branch<O> {
    /// Polls it to its end, and not farther.
    fn poll_end(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Stop<O>>>;
    /// Puts its value into `place`, an `Option` of its type.
    fn take(self: Pin<&mut Self>, place: &mut dyn Any);
}

impl<T: 'static, O: 'static, F: Future<Output = Result<T, Stop<O>>>> Branch<O> for MaybeDone<F> {
    fn poll_end(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Stop<O>>> {
        if self.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        if matches!(self.as_mut().output_mut(), Some(Ok(_))) {
            return Poll::Ready(Ok(()));
        }
        match self.take_output() {
            Some(Err(stop)) => Poll::Ready(Err(stop)),
            _ => unreachable!("a branch that has ended has a result"),
        }
    }

    fn take(self: Pin<&mut Self>, place: &mut dyn Any) {
        let place = place.downcast_mut::<Option<T>>().expect("a slot has its branch's type");
        *place = self.take_output().and_then(Result::ok);
    }
}

/// A branch on its way, or with its value.
pub(crate) type BoxedBranch<'b, O> = Pin<Box<dyn Branch<O> + Send + 'b>>;

pub(crate) fn branch<'b, T: Send + 'static, O: Send + Sync + 'static>(
    future: impl Future<Output = Result<T, Stop<O>>> + Send + 'b,
) -> BoxedBranch<'b, O> {
    Box::pin(maybe_done(future))
}

/// The value of a branch that has ended with one.
pub(crate) fn value<T: 'static, O>(mut branch: BoxedBranch<'_, O>) -> T {
    let mut place = None::<T>;
    branch.as_mut().take(&mut place);
    place.expect("a value is taken once")
}

/// How a branch ended.
pub(crate) type Ended<'b, O> = Result<BoxedBranch<'b, O>, Stop<O>>;

/// A branch that has to be waited for. It stays in the set after it was polled from outside, and then gives nothing.
struct Waiting<'b, O: 'static> {
    index: usize,
    branch: Option<BoxedBranch<'b, O>>,
}

impl<'b, O> Future for Waiting<'b, O> {
    type Output = Option<(usize, Ended<'b, O>)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let index = self.index;
        let Some(mut branch) = self.branch.take() else { return Poll::Ready(None) };
        match branch.as_mut().poll_end(cx) {
            Poll::Ready(ended) => Poll::Ready(Some((index, ended.map(|()| branch)))),
            Poll::Pending => {
                self.branch = Some(branch);
                Poll::Pending
            }
        }
    }
}

/// Runs branches, at most `limit` at once, until all have ended.
pub(crate) struct Branches<'b, O: 'static> {
    /// The branches that have not begun.
    next: Box<dyn FnMut() -> Option<BoxedBranch<'b, O>> + Send + 'b>,
    running: FuturesUnordered<Waiting<'b, O>>,
    /// Running ones; those that were polled from outside stay in the set, so its length does not say.
    alive: usize,
    limit: usize,
    /// Cancelled when one of them fails or ends the workflow; the branches stand in it.
    scope: Arc<Scope>,
    /// Whether a failure lets the others go on.
    collect: bool,
    results: Vec<Option<Ended<'b, O>>>,
}

impl<'b, O: 'static> Branches<'b, O> {
    /// `count`: how many there are.
    pub(crate) fn new(
        next: impl FnMut() -> Option<BoxedBranch<'b, O>> + Send + 'b,
        count: usize,
        limit: usize,
        scope: Arc<Scope>,
        collect: bool,
    ) -> Self {
        Self {
            next: Box::new(next),
            running: FuturesUnordered::new(),
            alive: 0,
            limit: limit.max(1),
            scope,
            collect,
            results: Vec::with_capacity(count),
        }
    }

    /// Begins as many as may run. What ends at once, as much does, costs no place among those that wait.
    fn begin(&mut self, cx: &mut Context<'_>) {
        while self.alive < self.limit && !self.scope.is_cancelled() {
            let Some(mut branch) = (self.next)() else { return };
            let index = self.results.len();
            self.results.push(None);
            self.alive += 1;
            match branch.as_mut().poll_end(cx) {
                Poll::Ready(ended) => self.ended(index, ended.map(|()| branch)),
                Poll::Pending => self.running.push(Waiting { index, branch: Some(branch) }),
            }
        }
    }

    fn ended(&mut self, index: usize, result: Ended<'b, O>) {
        self.alive -= 1;
        match &result {
            Err(Stop::Failed(_)) if self.collect => {}
            Err(Stop::Failed(_) | Stop::Ended(_) | Stop::Fault(_)) => self.scope.cancel(),
            // A paused branch lets the others finish; a cancelled one was so by somebody.
            Ok(_) | Err(Stop::Paused | Stop::Cancelled) => {}
        }
        self.results[index] = Some(result);
    }

    /// Polls every branch in declared order, whoever woke us: a cancelled scope wakes nobody.
    fn sweep(&mut self, cx: &mut Context<'_>) {
        let mut waiting: Vec<_> = self.running.iter_mut().filter(|waiting| waiting.branch.is_some()).collect();
        waiting.sort_unstable_by_key(|waiting| waiting.index);
        let mut ended = Vec::new();
        for branch in waiting {
            if let Poll::Ready(Some(result)) = Pin::new(branch).poll(cx) {
                ended.push(result);
            }
        }
        for (index, result) in ended {
            self.ended(index, result);
        }
    }
}

impl<'b, O> Future for Branches<'b, O> {
    /// In declared order; `None` never began.
    type Output = Vec<Option<Ended<'b, O>>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            this.begin(cx);
            if this.scope.is_cancelled() {
                this.sweep(cx);
            }
            if this.alive == 0 {
                return Poll::Ready(std::mem::take(&mut this.results));
            }
            match Pin::new(&mut this.running).poll_next(cx) {
                Poll::Ready(Some(Some((index, result)))) => this.ended(index, result),
                Poll::Ready(Some(None)) => {}
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// The paths of failures that are collected, and do not fail the run.
pub(crate) type Collected = Mutex<Vec<String>>;

/// What the branches amount to: their values, or why there are none. The first in declared order counts; a failure beats a pause.
pub(crate) fn settle<'b, O>(
    results: Vec<Option<Ended<'b, O>>>,
    scope: &Scope,
    collected: Option<&Collected>,
) -> Result<Vec<Ended<'b, O>>, Stop<O>> {
    let mut values = Vec::with_capacity(results.len());
    let (mut stop, mut paused, mut cancelled) = (None, false, false);
    for result in results {
        match result {
            Some(Ok(value)) => values.push(Ok(value)),
            Some(Err(Stop::Failed(error))) if let Some(collected) = collected => {
                collected.lock().unwrap_or_else(PoisonError::into_inner).push(error.path.clone());
                values.push(Err(Stop::Failed(error)));
            }
            Some(Err(Stop::Paused)) => paused = true,
            Some(Err(Stop::Cancelled)) | None => cancelled = true,
            Some(Err(other)) => _ = stop.get_or_insert(other),
        }
    }
    match stop {
        // The run itself was cancelled: what failed meanwhile does not matter.
        _ if scope.outer_is_cancelled() => Err(Stop::Cancelled),
        Some(stop) => Err(stop),
        None if paused => Err(Stop::Paused),
        None if cancelled => Err(Stop::Cancelled),
        None => Ok(values),
    }
}

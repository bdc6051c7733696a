//! Branches side by side, polled in the run's own task: no task for each, nothing to abort.

use std::{
    any::Any,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_util::stream::{FuturesUnordered, Stream as _};

use super::{Scope, Stop};

/// What a branch gives, without its type.
pub(crate) type Value = Box<dyn Any + Send>;

/// A branch on its way.
pub(crate) type BranchFuture<'b, O> = Pin<Box<dyn Future<Output = Result<Value, Stop<O>>> + Send + 'b>>;

/// A branch among others. It stays in the set after it was polled from outside, and then gives nothing.
struct Branch<'b, O: 'static> {
    index: usize,
    future: Option<BranchFuture<'b, O>>,
}

impl<O> Future for Branch<'_, O> {
    type Output = Option<(usize, Result<Value, Stop<O>>)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let index = self.index;
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        let Poll::Ready(result) = future.as_mut().poll(cx) else { return Poll::Pending };
        self.future = None;
        Poll::Ready(Some((index, result)))
    }
}

/// Runs branches, at most `limit` at once, until all have ended.
pub(crate) struct Branches<'b, O: 'static> {
    /// The branches that have not begun.
    next: Box<dyn FnMut() -> Option<BranchFuture<'b, O>> + Send + 'b>,
    running: FuturesUnordered<Branch<'b, O>>,
    /// Running ones; those that were polled from outside stay in the set, so its length does not say.
    alive: usize,
    begun: usize,
    limit: usize,
    /// Cancelled when one of them fails or ends the workflow; the branches stand in it.
    scope: Arc<Scope>,
    /// Whether a failure lets the others go on.
    collect: bool,
    results: Vec<Option<Result<Value, Stop<O>>>>,
}

impl<'b, O: 'static> Branches<'b, O> {
    pub(crate) fn new(
        next: impl FnMut() -> Option<BranchFuture<'b, O>> + Send + 'b,
        limit: usize,
        scope: Arc<Scope>,
        collect: bool,
    ) -> Self {
        Self {
            next: Box::new(next),
            running: FuturesUnordered::new(),
            alive: 0,
            begun: 0,
            limit: limit.max(1),
            scope,
            collect,
            results: Vec::new(),
        }
    }

    fn begin(&mut self) {
        while self.alive < self.limit && !self.scope.is_cancelled() {
            let Some(future) = (self.next)() else { return };
            self.running.push(Branch { index: self.begun, future: Some(future) });
            self.results.push(None);
            self.begun += 1;
            self.alive += 1;
        }
    }

    fn ended(&mut self, index: usize, result: Result<Value, Stop<O>>) {
        self.alive -= 1;
        match &result {
            Err(Stop::Failed(_)) if self.collect => {}
            Err(Stop::Failed(_) | Stop::Ended(_) | Stop::Fault(_)) => self.scope.cancel(),
            // A paused branch lets the others finish; a cancelled one was so by somebody.
            Ok(_) | Err(Stop::Paused | Stop::Cancelled) => {}
        }
        self.results[index] = Some(result);
    }

    /// Polls every branch, whoever woke us: a cancelled scope wakes nobody.
    fn sweep(&mut self, cx: &mut Context<'_>) {
        let mut ended = Vec::new();
        for branch in self.running.iter_mut().filter(|branch| branch.future.is_some()) {
            if let Poll::Ready(Some(result)) = Pin::new(branch).poll(cx) {
                ended.push(result);
            }
        }
        for (index, result) in ended {
            self.ended(index, result);
        }
    }
}

impl<O> Future for Branches<'_, O> {
    /// In declared order; `None` never began.
    type Output = Vec<Option<Result<Value, Stop<O>>>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            this.begin();
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
pub(crate) fn settle<O>(
    results: Vec<Option<Result<Value, Stop<O>>>>,
    scope: &Scope,
    collected: Option<&Collected>,
) -> Result<Vec<Result<Value, Stop<O>>>, Stop<O>> {
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

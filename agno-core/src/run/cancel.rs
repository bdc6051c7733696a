//! Cancellation: a tree of flags, looked at by whatever awaits.
//!
//! Nothing is aborted from outside. Who cancels sets a flag and sees to it that the run is polled; every await of the runtime looks at
//! the flags of its scope first and returns, so that containers close and steps end in order.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures_util::task::AtomicWaker;

/// A part of a run that can be cancelled by itself: the run, a branch group, a container with a timeout.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    parent: Option<Arc<Scope>>,
    cancelled: AtomicBool,
    /// Wakes the task that polls the run. Only the outermost scope is cancelled from another task.
    waker: AtomicWaker,
}

impl Scope {
    pub(crate) fn child(self: &Arc<Self>) -> Arc<Self> {
        Arc::new(Self { parent: Some(Arc::clone(self)), ..Self::default() })
    }

    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.waker.wake();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        let mut scope = self;
        loop {
            if scope.cancelled.load(Ordering::Acquire) {
                return true;
            }
            match &scope.parent {
                Some(parent) => scope = parent,
                None => return false,
            }
        }
    }

    /// Whether something round this scope is cancelled, whatever this scope is.
    pub(crate) fn outer_is_cancelled(&self) -> bool {
        self.parent.as_ref().is_some_and(|parent| parent.is_cancelled())
    }

    pub(crate) fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }
}

//! [`Drive`]: the future of a leg, which whoever waits for the leg may poll.
//!
//! Who waits may be the very one who should poll: a program that reads a stream, and between two events cancels the run or answers its question.
//! So everybody who waits helps, and nobody waits for a future that nobody polls.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use futures_util::task::AtomicWaker;

use crate::db::DbError;

type Future_ = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The future of a leg. Empty for a leg that has a task of its own.
#[derive(Default)]
pub(crate) struct Drive {
    future: Mutex<Option<Future_>>,
    waiting: Arc<Waiting>,
    /// Why the leg ended without having been stored.
    lost: OnceLock<Box<DbError>>,
}

/// Everybody who is to be woken when the leg can go on. Apart from the future, which holds it: else they would keep each other alive.
#[derive(Default)]
struct Waiting {
    owner: AtomicWaker,
    helpers: Mutex<Vec<Waker>>,
    /// Whether the leg has ended, or was dropped.
    over: AtomicBool,
}

impl fmt::Debug for Drive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drive")
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.owner.wake();
        let helpers = std::mem::take(&mut *self.helpers.lock().unwrap_or_else(PoisonError::into_inner));
        helpers.into_iter().for_each(Waker::wake);
    }
}

impl Drive {
    /// Takes the leg's future. Dropping what this returns drops the leg.
    pub(crate) fn start(self: &Arc<Self>, future: impl Future<Output = ()> + Send + 'static) -> Driving {
        *self.future.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(future));
        Driving(Arc::clone(self))
    }

    /// Polls the leg for its owner, who may poll nothing now.
    fn help(&self, cx: &Context<'_>) {
        let mut helpers = self.waiting.helpers.lock().unwrap_or_else(PoisonError::into_inner);
        if !helpers.iter().any(|waker| waker.will_wake(cx.waker())) {
            helpers.push(cx.waker().clone());
        }
        drop(helpers);
        _ = self.poll();
    }

    /// The store has failed: what became of the leg is known here alone. Said before it is over.
    pub(crate) fn loses(&self, error: DbError) {
        _ = self.lost.set(Box::new(error));
    }

    pub(crate) fn lost(&self) -> Option<&DbError> {
        self.lost.get().map(|error| &**error)
    }

    /// The leg has ended, or was dropped: everybody who waits for that is woken.
    pub(crate) fn over(&self) {
        self.waiting.over.store(true, Ordering::Release);
        self.waiting.wake_by_ref();
    }

    /// Waits for the leg's end, and polls the leg meanwhile: its owner may be the one who waits.
    pub(crate) async fn ended(&self) {
        poll_fn(|cx| {
            if !self.is_over() {
                self.help(cx);
            }
            if self.is_over() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn is_over(&self) -> bool {
        self.waiting.over.load(Ordering::Acquire)
    }

    fn poll(&self) -> Poll<()> {
        let mut future = match self.future.try_lock() {
            Ok(future) => future,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Somebody polls it just now, perhaps a step of this very run. All who wait are woken when it can go on.
            Err(TryLockError::WouldBlock) => return Poll::Pending,
        };
        // A leg that has a task of its own, or one that somebody else has polled to its end: there is nothing to wake anybody for.
        let Some(running) = &mut *future else { return Poll::Ready(()) };
        let waker = Waker::from(Arc::clone(&self.waiting));
        if running.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            return Poll::Pending;
        }
        let ended = future.take();
        drop(future);
        drop(ended);
        self.waiting.wake_by_ref();
        Poll::Ready(())
    }
}

/// A leg's future, as its owner has it.
pub(crate) struct Driving(Arc<Drive>);

impl Future for Driving {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.waiting.owner.register(cx.waker());
        self.0.poll()
    }
}

impl Drop for Driving {
    fn drop(&mut self) {
        let future = self.0.future.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Dropped without the lock: what a step drops with it may wait for the leg in turn.
        drop(future);
    }
}

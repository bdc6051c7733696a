//! A future that several poll.

use std::{
    fmt,
    mem::{replace, take},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
    task::{Context, Poll, Wake, Waker},
};

use futures_core::future::BoxFuture;

/// Whoever waits for it polls it, so that it goes on although one of them is dropped.
///
/// As `Shared` of `futures-util`, which holds a lock while it wakes: who is woken on another core needs that lock at once, and sleeps once more. For a commit that is alone,
/// this was a fifth of its time.
pub(crate) struct Joint<T> {
    state: Arc<State<T>>,
    /// Under which its waker stands, once it has been polled.
    key: Option<u64>,
}

struct State<T> {
    stage: Mutex<Stage<T>>,
    /// Apart from the future, which has it as its waker and would keep itself alive.
    waiting: Arc<Waiting>,
}

enum Stage<T> {
    Running(BoxFuture<'static, T>),
    Done(T),
}

#[derive(Default)]
struct Waiting(Mutex<Wakers>);

#[derive(Default)]
struct Wakers {
    next: u64,
    by_key: Vec<(u64, Waker)>,
}

impl Waiting {
    fn wakers(&self) -> MutexGuard<'_, Wakers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, key: Option<u64>, waker: &Waker) -> u64 {
        let mut wakers = self.wakers();
        let known = wakers.by_key.iter_mut().find(|(its, _)| Some(*its) == key);
        if let Some((key, its)) = known {
            its.clone_from(waker);
            return *key;
        }
        let key = key.unwrap_or(wakers.next);
        wakers.next = wakers.next.max(key + 1);
        wakers.by_key.push((key, waker.clone()));
        key
    }

    fn remove(&self, key: u64) {
        self.wakers().by_key.retain(|(its, _)| *its != key);
    }

    fn wake_all(&self) {
        // What is woken runs at once, and comes here.
        let by_key = take(&mut self.wakers().by_key);
        by_key.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }
}

impl<T> Joint<T> {
    pub(crate) fn new(future: BoxFuture<'static, T>) -> Self {
        Self { state: Arc::new(State { stage: Mutex::new(Stage::Running(future)), waiting: Arc::default() }), key: None }
    }
}

impl<T> Clone for Joint<T> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), key: None }
    }
}

impl<T> fmt::Debug for Joint<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joint").finish_non_exhaustive()
    }
}

impl<T: Clone> Future for Joint<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        let State { stage, waiting } = &*this.state;
        // First of all: who polls at this moment wakes those that stand here when it is done.
        let key = waiting.add(this.key, cx.waker());
        this.key = Some(key);
        let mut stage = match stage.try_lock() {
            Ok(stage) => stage,
            Err(TryLockError::WouldBlock) => return Poll::Pending,
            Err(TryLockError::Poisoned(_)) => panic!("it panicked when somebody else polled it"),
        };
        let value = match &mut *stage {
            Stage::Done(value) => value.clone(),
            Stage::Running(future) => {
                let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(waiting)))) else {
                    return Poll::Pending;
                };
                let future = replace(&mut *stage, Stage::Done(value.clone()));
                drop(stage);
                // It may have others of this kind, which nobody needs to wait for.
                drop(future);
                waiting.remove(key);
                waiting.wake_all();
                value
            }
        };
        Poll::Ready(value)
    }
}

impl<T> Drop for Joint<T> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.state.waiting.remove(key);
            // It may be the one that was woken, and has not polled since.
            self.state.waiting.wake_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use futures_util::{FutureExt as _, poll};
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn all_get_the_value_whoever_polls() {
        let (tell, told) = oneshot::channel();
        let joint = Joint::new(async move { told.await.unwrap_or(0) }.boxed());
        let (mut first, mut second, late) = (joint.clone(), joint.clone(), joint);
        assert_eq!((poll!(&mut first), poll!(&mut second)), (Poll::Pending, Poll::Pending));
        assert_eq!(tell.send(7), Ok(()));
        assert_eq!((first.await, second.await, late.await), (7, 7, 7));
    }

    /// What is woken for the future and goes away must not take the wake with it.
    #[tokio::test]
    async fn it_goes_on_although_the_one_that_was_woken_is_dropped() {
        let (tell, told) = oneshot::channel();
        let mut first = Joint::new(async move { told.await.unwrap_or(0) }.boxed());
        let mut second = first.clone();
        let woken = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        assert!(first.poll_unpin(&mut cx).is_pending());
        assert_eq!(tell.send(7), Ok(()));
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        // As if it came while the first one polls: it is not woken by what has been.
        second.key = Some(second.state.waiting.add(None, &waker));
        drop(first);
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        assert_eq!(second.await, 7);
    }

    #[tokio::test]
    async fn the_future_goes_with_the_last_of_them() {
        let (tell, told) = oneshot::channel::<()>();
        let mut joint = Joint::new(told.boxed());
        let other = joint.clone();
        assert!(poll!(&mut joint).is_pending());
        drop(joint);
        assert!(!tell.is_closed());
        drop(other);
        assert!(tell.is_closed());
    }

    /// The waker that the future has wakes on another thread while this one polls.
    #[test]
    fn many_threads_poll_it() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().expect("a runtime");
        runtime.block_on(async {
            for _ in 0..200 {
                let mut left = 20;
                let joint = Joint::new(
                    poll_fn(move |cx| {
                        left -= 1;
                        if left == 0 {
                            return Poll::Ready(7);
                        }
                        let waker = cx.waker().clone();
                        #[expect(clippy::disallowed_methods, reason = "another thread is what this is about")]
                        drop(tokio::spawn(async move { waker.wake() }));
                        Poll::Pending
                    })
                    .boxed(),
                );
                #[expect(clippy::disallowed_methods, reason = "another thread is what this is about")]
                let tasks: Vec<_> = (0..4).map(|_| tokio::spawn(joint.clone())).collect();
                for task in tasks {
                    assert_eq!(task.await.expect("no panic"), 7);
                }
            }
        });
    }

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

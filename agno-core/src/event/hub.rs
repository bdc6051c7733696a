//! Delivery of a run's events. It is made when somebody first listens, or when they are to be kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::sync::Notify;

use super::Event;
use crate::{
    journal::is_within,
    step::child::{Tap, WeakTap},
};

/// Where a run's events go. Readers keep a cursor into the log, so nobody can be too slow for anybody.
#[derive(Debug, Default)]
pub(crate) struct Hub {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    /// For the one stream that polls the run itself: emptied before the run goes on.
    queue: Option<VecDeque<Arc<Event>>>,
    /// Events for readers that come with a number, in order.
    log: Option<Vec<Arc<Event>>>,
    /// Whether the log is the run's to keep, or for those who read while it runs.
    keeps: bool,
    /// All events, whatever is kept, for the audit of tests.
    #[cfg(feature = "audit")]
    audit: Option<Vec<Arc<Event>>>,
    /// Steps that look on at their children.
    taps: Vec<WeakTap>,
    closed: bool,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while it is held can only come from an allocation; the data is whole then.
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Opens the queue of the stream that owns the run.
    pub(crate) fn open_queue(&self) {
        self.lock().queue.get_or_insert_default();
    }

    /// Keeps events from now on; `earlier` are those that are kept already.
    pub(crate) fn open_log(&self, earlier: Vec<Arc<Event>>) {
        let mut inner = self.lock();
        inner.log.get_or_insert(earlier);
        inner.keeps = true;
    }

    /// Holds events from now on for those who read them while the run runs.
    pub(crate) fn open_window(&self) {
        self.lock().log.get_or_insert_default();
    }

    /// Hands out the event; `make` numbers it under the lock, so that the order is the order of the numbers.
    /// What is not kept (`skip_events`) has a number all the same: the numbers do not depend on what is kept.
    pub(crate) fn push(&self, keep: bool, make: impl FnOnce() -> Event) {
        let mut inner = self.lock();
        let event = Arc::new(make());
        if let Some(queue) = &mut inner.queue {
            queue.push_back(Arc::clone(&event));
        }
        inner.taps.retain(|tap| match tap.upgrade() {
            Some(tap) => {
                if is_within(&event.path, &tap.path) {
                    tap.push(&event);
                }
                true
            }
            None => false,
        });
        #[cfg(feature = "audit")]
        if let Some(audit) = &mut inner.audit {
            audit.push(Arc::clone(&event));
        }
        if keep && let Some(log) = &mut inner.log {
            log.push(event);
        }
        drop(inner);
        self.changed.notify_waiters();
    }

    #[cfg(feature = "audit")]
    pub(crate) fn open_audit(&self, earlier: Vec<Arc<Event>>) {
        self.lock().audit = Some(earlier);
    }

    #[cfg(feature = "audit")]
    pub(crate) fn audit(&self) -> Vec<Arc<Event>> {
        self.lock().audit.take().unwrap_or_default()
    }

    /// Hands the events under a path to a tap too.
    pub(crate) fn tap(&self, tap: WeakTap) {
        self.lock().taps.push(tap);
    }

    pub(crate) fn pop(&self) -> Option<Arc<Event>> {
        self.lock().queue.as_mut()?.pop_front()
    }

    /// The events that are kept.
    pub(crate) fn log(&self) -> Option<Vec<Arc<Event>>> {
        let inner = self.lock();
        inner.log.as_ref().filter(|_| inner.keeps).cloned()
    }

    /// The leg is over: nothing comes any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_waiters();
    }

    /// The next event of a tap, waiting for it; `None` when the leg is over.
    pub(crate) async fn next_of(&self, tap: &Tap) -> Option<Arc<Event>> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let closed = self.lock().closed;
            if let Some(event) = tap.pop() {
                return Some(event);
            }
            if closed {
                return None;
            }
            changed.await;
        }
    }

    /// The first kept event with a number of `from` or more, waiting for it; `None` when the leg is over.
    pub(crate) async fn next(&self, from: u64) -> Option<Arc<Event>> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let inner = self.lock();
                if let Some(log) = &inner.log {
                    let index = log.partition_point(|event| event.sequence < from);
                    if let Some(event) = log.get(index) {
                        return Some(Arc::clone(event));
                    }
                }
                if inner.closed {
                    return None;
                }
            }
            changed.await;
        }
    }
}

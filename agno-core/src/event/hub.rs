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
    /// Events that are not stored yet, or whose step may be taken back: nobody has seen them.
    held: VecDeque<Held>,
    /// Whether events are held until they are stored.
    stores: bool,
    /// Whether events are held for a step that may be taken back.
    holds: bool,
    closed: bool,
}

/// An event that nobody has seen.
#[derive(Debug)]
struct Held {
    event: Arc<Event>,
    keep: bool,
}

impl Inner {
    fn deliver(&mut self, event: Arc<Event>, keep: bool) {
        if let Some(queue) = &mut self.queue {
            queue.push_back(Arc::clone(&event));
        }
        self.taps.retain(|tap| match tap.upgrade() {
            Some(tap) => {
                if is_within(&event.path, &tap.path) {
                    tap.push(&event);
                }
                true
            }
            None => false,
        });
        #[cfg(feature = "audit")]
        if let Some(audit) = &mut self.audit {
            audit.push(Arc::clone(&event));
        }
        if keep && let Some(log) = &mut self.log {
            log.push(event);
        }
    }
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

    /// Holds events from now on until they are stored.
    pub(crate) fn store(&self) {
        self.lock().stores = true;
    }

    /// Hands out the event; `make` numbers it under the lock, so that the order is the order of the numbers.
    /// What is not kept (`skip_events`) has a number all the same: the numbers do not depend on what is kept.
    /// `store` takes what is to be stored, under the lock too.
    pub(crate) fn push(&self, keep: bool, make: impl FnOnce() -> Event, store: impl FnOnce(&Arc<Event>)) {
        let mut inner = self.lock();
        let event = Arc::new(make());
        if keep && inner.stores {
            store(&event);
        }
        if inner.holds || (inner.stores && (keep || !inner.held.is_empty())) {
            inner.held.push_back(Held { event, keep });
            return;
        }
        inner.deliver(event, keep);
        drop(inner);
        self.changed.notify_waiters();
    }

    /// Events up to this number are stored: they are delivered.
    pub(crate) fn release(&self, last: u64) {
        let mut inner = self.lock();
        // What is not stored goes with what is stored before it.
        while let Some(held) = inner.held.pop_front_if(|held| held.event.sequence <= last || !held.keep) {
            inner.deliver(held.event, held.keep);
        }
        drop(inner);
        self.changed.notify_waiters();
    }

    /// Holds events of a step that may be taken back.
    pub(crate) fn hold(&self) {
        self.lock().holds = true;
    }

    /// The step is stored, or taken back to before this number.
    pub(crate) fn settle(&self, back_to: Option<u64>) {
        let mut inner = self.lock();
        inner.holds = false;
        if let Some(sequence) = back_to {
            inner.held.retain(|held| held.event.sequence < sequence);
        }
        if !inner.stores {
            while let Some(held) = inner.held.pop_front() {
                inner.deliver(held.event, held.keep);
            }
        }
        drop(inner);
        self.changed.notify_waiters();
    }

    #[cfg(feature = "audit")]
    pub(crate) fn open_audit(&self, earlier: Vec<Arc<Event>>) {
        self.lock().audit = Some(earlier);
    }

    #[cfg(feature = "audit")]
    pub(crate) fn audit(&self) -> Option<Vec<Arc<Event>>> {
        self.lock().audit.take()
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

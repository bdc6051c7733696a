//! A commit between its call and its being made.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::{Backend, queue::Job, writer::Core};

/// A commit that was put into the queue, and for which nobody has been woken.
pub(super) struct Queued<'a, B: Backend> {
    core: &'a Arc<Core<B>>,
    number: u64,
    stands: Stands,
}

enum Stands {
    /// It is in the queue.
    Unseen,
    /// It is being made in place.
    InPlace,
    /// Nobody has to care for it any more.
    Done,
}

impl<'a, B: Backend> Queued<'a, B> {
    pub(super) fn new(core: &'a Arc<Core<B>>, job: Job<B::Connection>, room: OwnedSemaphorePermit) -> Self {
        Self { core, number: core.queue.push_quietly(job, Some(room)), stands: Stands::Unseen }
    }

    /// Makes it in place, if nobody else writes or wants to. Otherwise it is made with the others.
    pub(super) async fn commit_in_place(&mut self) {
        if let Some(write) = self.core.commit_in_place(self.number) {
            self.stands = Stands::InPlace;
            write.await;
            self.stands = Stands::Done;
        }
    }
}

impl<B: Backend> Drop for Queued<'_, B> {
    fn drop(&mut self) {
        match self.stands {
            // Also where the call was never waited for.
            Stands::Unseen => self.core.queue.wake(),
            Stands::InPlace => self.core.queue.rescue(),
            Stands::Done => {}
        }
    }
}

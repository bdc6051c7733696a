//! A commit between its call and its answer.

use std::sync::Arc;

use super::{Backend, queue::Job, writer::Core};

/// A commit that was put into the queue, and for which nobody has been woken.
pub(super) struct Queued<'a, B: Backend> {
    core: &'a Arc<Core<B>>,
    number: u64,
    /// Whether it stays in the queue without its caller.
    has_room: bool,
    stands: Stands,
}

enum Stands {
    /// It is in the queue.
    Unseen,
    /// It is being made in place.
    InPlace,
    /// It is made with the others, or has been made.
    Left,
}

impl<'a, B: Backend> Queued<'a, B> {
    pub(super) fn new(core: &'a Arc<Core<B>>, job: Job<B::Connection>) -> Self {
        let room = core.queue.try_room();
        Self { core, has_room: room.is_some(), number: core.queue.push_quietly(job, room), stands: Stands::Unseen }
    }

    /// Makes it in place, if nobody else writes or wants to. Otherwise it is made with the others.
    pub(super) async fn commit_in_place(&mut self) {
        match self.core.commit_in_place(self.number) {
            Some(write) => {
                self.stands = Stands::InPlace;
                write.await;
            }
            None => self.core.queue.wake(),
        }
        self.stands = Stands::Left;
    }
}

impl<B: Backend> Drop for Queued<'_, B> {
    fn drop(&mut self) {
        if !self.has_room {
            self.core.queue.withdraw(self.number);
        }
        match self.stands {
            // Also where the call was never waited for.
            Stands::Unseen => self.core.queue.wake(),
            Stands::InPlace => self.core.queue.rescue(),
            Stands::Left => {}
        }
    }
}

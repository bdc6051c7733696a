//! What a failure beside it, or the run's end, takes back: what waits, and what earlier legs have left open.

use super::Run;
use crate::{
    db::rows::RecordKind,
    durable::Nodes,
    event::EventKind,
    journal::{Begun, is_within},
};

impl Run {
    /// Withdraws what waits at or under `path`: questions, and containers that a pause left open. Something beside it failed.
    pub(crate) fn withdraw(&self, path: &str) {
        let begun: Vec<_> = {
            let mut inner = self.inner();
            inner.questions.retain(|question| {
                let stays = !is_within(&question.info.path, path);
                if !stays && let Some(outbox) = &self.outbox {
                    outbox.remove(question.info.path.clone(), RecordKind::Question);
                }
                stays
            });
            inner.begun.extract_if(.., |begun| is_within(&begun.path, path)).collect()
        };
        for begun in begun.into_iter().chain(self.replay.take_all_begun(path)) {
            if begun.once && begun.attempts > 0 {
                self.keep_doubt(&begun);
            }
            let Begun { path, end, .. } = begun;
            if let Some(outbox) = &self.outbox
                && end == (EventKind::StepCancelled {})
            {
                // Nor has it begun: else it would end once more, should the run be cut.
                for kind in [RecordKind::Question, RecordKind::Begun, RecordKind::Failed] {
                    outbox.remove(path.clone(), kind);
                }
            }
            self.deliver_or_count(&path, || end);
        }
    }

    /// Nobody knows how far an attempt came that is given up: should the run be taken on, a person decides.
    fn keep_doubt(&self, begun: &Begun) {
        let entry = Nodes::new(self.info.plan).in_doubt(&begun.path, begun.attempts, self.now());
        if let Some(outbox) = &self.outbox {
            outbox.put_entry(&entry, self.sequence());
        }
        self.inner().journal.push(entry);
    }
}

/// Why a step that must run once does not run again.
pub(crate) const GIVEN_UP: &str = "must run once, and an attempt was given up: look whether it took effect";

//! `map`, and the decisions of closures: plain code whose value is a record.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{Busy, Cx, CxCore, Fork, Stop};
use crate::{
    content::{Codec, Kept},
    error::{StepError, StepErrorKind},
    event::EventKind,
    journal::{Content as Value, Ended, Entry, Recorded},
    plan::Node,
    shared::Shared,
    step::panic_text,
};

impl<P: Fork, O: 'static> Cx<P, O> {
    /// Runs an adapter, and records its value.
    ///
    /// # Errors
    /// It panicked.
    pub fn map<T>(&mut self, node: &'static Node, adapter: impl FnOnce() -> T, codec: Codec<T>) -> Result<Shared<T>, Stop<O>>
    where
        T: Send + Sync + 'static,
    {
        let core = &mut self.core;
        if core.run.replays()
            && let Some(recorded) = core.run.replay.find(&core.leaf(node.name))
        {
            return core.replayed_plain(core.leaf(node.name), recorded, codec);
        }
        if core.is_closed() {
            return Err(Stop::Cancelled);
        }
        core.begin_plain(node);
        match catch_unwind(AssertUnwindSafe(adapter)) {
            Ok(value) => {
                let value = Arc::new(value);
                #[cfg(feature = "testing")]
                let value = match core.run.info.testing.roundtripped(value, codec.erased) {
                    Ok(value) => crate::content::own(value),
                    Err(error) => {
                        let error = StepError::of(core.leaf(node.name), error, 1);
                        core.fail_plain(node, error.clone());
                        return Err(Stop::Failed(Box::new(error)));
                    }
                };
                core.end_plain(node, Value::Kept(Kept::new(Arc::clone(&value), codec)));
                Ok(Shared::from(value))
            }
            Err(panic) => {
                let error = StepError::new(core.leaf(node.name), StepErrorKind::Panic, panic_text(&*panic), 1);
                core.fail_plain(node, error.clone());
                Err(Stop::Failed(Box::new(error)))
            }
        }
    }
}

impl CxCore {
    /// What is recorded of a node that is no step: its value, or a failure that was tolerated.
    pub(crate) fn replayed_plain<T, O>(&self, path: String, recorded: Recorded, codec: Codec<T>) -> Result<Shared<T>, Stop<O>>
    where
        T: Send + Sync + 'static,
    {
        match recorded.ended {
            Ended::Tolerated | Ended::Standing => Err(Stop::Failed(Box::new(recorded.failure(path)))),
            _ => self.recorded(&path, recorded.content, codec),
        }
    }

    /// A node that is no step begins: `map`, a closure's decision, `sleep`.
    pub(crate) fn begin_plain(&mut self, node: &'static Node) {
        let begun = self.run.replays() && self.run.replay.take_begun(&self.leaf(node.name)).is_some();
        if !begun {
            let (executor, label) = (node.name, node.label);
            self.say(node.name, || EventKind::StepStarted { executor: executor.to_owned(), label: label.map(str::to_owned) });
        }
        self.busy = Some(Busy { node, attempts: 1, once: false });
    }

    /// It has a value.
    #[inline(never)]
    pub(crate) fn end_plain(&mut self, node: &'static Node, content: Value) {
        let now = self.run.now();
        let duration = now.saturating_sub(self.last);
        self.say(node.name, || EventKind::StepCompleted {
            attempts: 1,
            duration: std::time::Duration::from_nanos(duration).as_secs_f64(),
            content: content.json().ok().flatten().unwrap_or_default(),
        });
        self.plain(node, content, Ended::Completed, None, now);
    }

    /// It has failed.
    pub(crate) fn fail_plain(&mut self, node: &'static Node, error: StepError) {
        self.say(node.name, || EventKind::StepError { attempts: 1, error: error.message.clone() });
        let now = self.run.now();
        self.plain(node, Value::Nothing, Ended::Failed, Some(error), now);
    }

    /// It is cancelled.
    pub(crate) fn cancel_plain(&mut self, node: &'static Node) {
        self.say(node.name, || EventKind::StepCancelled {});
        let now = self.run.now();
        self.plain(node, Value::Nothing, Ended::Cancelled, None, now);
    }

    fn plain(&mut self, node: &'static Node, content: Value, ended: Ended, error: Option<StepError>, now: u64) {
        self.busy = None;
        let started = std::mem::replace(&mut self.last, now);
        let detail = error.map(|error| Box::new(crate::journal::Detail { error: Some(error), ..Default::default() }));
        let (parent, mark, duration) = (self.path.clone(), self.mark, now.saturating_sub(started));
        self.record(Entry { parent, node, mark, content, started, duration, attempts: 1, ended, detail });
    }
}

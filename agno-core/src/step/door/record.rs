//! What a door does to the journal. None of it depends on the step's types, so that it is compiled here and not with each step.

use std::{sync::Arc, time::Duration};

use super::{Attempts, Next};
use crate::{
    content::{AnyArc, BoxError, ErasedCodec, Found, Kept},
    db::rows::RecordKind,
    durable::Attempted,
    error::{Fault, StepError, StepErrorKind},
    event::EventKind,
    journal::{Begun, Content, Detail, Ended, Entry},
    plan::{Effect, Node, NodeKind, OnError, StepOptions},
    run::{Busy, CxCore, GIVEN_UP, Stop, Storing},
    step::{
        attempt::{Ended as Ran, Guard},
        child::ChildStop,
        context::{ContextInner, Effects},
        retry::{Cancelled, Wait, delay},
    },
};

/// An attempt without a value.
pub(super) enum Unsuccessful {
    /// Its own error, and whether that is worth another attempt.
    Error {
        error: BoxError,
        worth: bool,
    },
    Ended(Ran),
}

/// What earlier legs have made of a step.
pub(super) enum Replayed {
    Value(Found),
    Broke(Found),
    Failed(Box<StepError>),
    Fault(Box<Fault>),
}

/// Why a step does not begin.
pub(super) enum Held {
    /// What is round it has closed.
    Closed,
    /// An attempt that must not be made twice was cut.
    Cut(Box<Begun>),
}

/// What follows an attempt that gave nothing.
pub(super) enum After {
    Again(Duration),
    Failed(Box<StepError>),
    Paused,
    Cancelled,
    Fault(Box<Fault>),
}

impl<T, O> From<After> for Next<T, O> {
    fn from(after: After) -> Self {
        Self::Done(Err(match after {
            After::Again(delay) => return Self::Again(delay),
            After::Failed(error) => Stop::Failed(error),
            After::Paused => Stop::Paused,
            After::Cancelled => Stop::Cancelled,
            After::Fault(fault) => Stop::Fault(fault),
        }))
    }
}

impl CxCore {
    /// The step begins, or goes on where it was cut.
    #[inline(never)]
    pub(super) fn begin_attempts(&mut self, node: &'static Node, name: &'static str, once: bool) -> Result<Attempts, Held> {
        // Before it is known whether the step had begun: if it does not run now, another pass may come, or what closes ends it.
        if self.is_closed() {
            return Err(Held::Closed);
        }
        let (mut count, mut before) = (0, 0);
        let mut cut = None;
        if !self.run.is_unwatched() && self.run.replays() {
            let path = self.leaf(node.name);
            if let Some(begun) = self.run.replay.take_begun(&path) {
                if once && begun.attempts > 0 {
                    return Err(Held::Cut(Box::new(begun)));
                }
                (count, cut) = (begun.attempts.saturating_sub(1), Some(begun.why));
            }
            before = self.run.replay.failed_attempts(&path);
        }
        if let Some(why) = cut {
            let (attempt, error) = (count + 1, why.to_owned());
            self.say(node.name, || EventKind::StepRetrying { attempt, error, delay: 0.0 });
        } else {
            self.say(node.name, || EventKind::StepStarted { executor: name.to_owned(), label: node.shown_label().map(str::to_owned) });
        }
        self.busy = Some(Busy { node, attempts: count, once });
        Ok(Attempts { node, began: self.last, count, failed: count, before, conflicts: 0 })
    }

    #[inline(never)]
    pub(super) fn guard(&self, attempts: &Attempts, name: &'static str, timeout: Option<Duration>) -> Guard {
        let timeout = attempts.node.options.timeout.or(timeout);
        let span = self.run.traces().then(|| {
            tracing::info_span!(
                "step",
                path = self.leaf(attempts.node.name),
                executor = name,
                attempt = attempts.count,
                run_id = &*self.run.info.run_id
            )
        });
        Guard::new(timeout, span)
    }

    /// An attempt gave no value.
    #[inline(never)]
    pub(super) fn without_value(&mut self, attempts: &mut Attempts, ended: Unsuccessful, options: &StepOptions) -> After {
        let error = |core: &Self, kind, message: String| StepError::new(core.leaf(attempts.node.name), kind, message, attempts.count);
        let ran = match ended {
            Unsuccessful::Error { error, worth } => {
                return self.unsuccessful(attempts, StepError::of(self.leaf(attempts.node.name), error, attempts.count), worth, options);
            }
            Unsuccessful::Ended(ran) => ran,
        };
        let (error, retries) = match ran {
            Ran::Given => (error(self, StepErrorKind::Panic, "a synchronous step awaited".to_owned()), false),
            Ran::TimedOut(limit) => (error(self, StepErrorKind::Timeout, format!("took longer than its timeout of {limit:?}")), true),
            Ran::Panicked(text) => (error(self, StepErrorKind::Panic, text), false),
            Ran::Stopped(ChildStop::Paused) => {
                self.left_waiting();
                return After::Paused;
            }
            Ran::Stopped(ChildStop::Fault(fault)) => {
                self.given_up(attempts, options);
                return After::Fault(fault);
            }
            Ran::Cancelled | Ran::Stopped(ChildStop::Cancelled) => {
                self.given_up(attempts, options);
                return After::Cancelled;
            }
        };
        self.unsuccessful(attempts, error, retries, options)
    }

    /// An attempt failed: another one follows, or the step has failed.
    fn unsuccessful(&mut self, attempts: &mut Attempts, error: StepError, retries: bool, options: &StepOptions) -> After {
        let node = &attempts.node.options;
        attempts.failed = attempts.count;
        if retries && attempts.count <= node.retry.unwrap_or(options.retry) {
            let (backoff, cap) = (node.backoff.unwrap_or(options.backoff), node.max_backoff.unwrap_or(options.max_backoff));
            return After::Again(self.retrying(attempts.node, attempts.count + 1, attempts.before, &error, (backoff, cap)));
        }
        attempts.failed += attempts.before;
        self.failed(attempts, error.clone());
        After::Failed(Box::new(error))
    }

    /// Another run of the session changed the state while this attempt worked on it.
    #[cold]
    #[inline(never)]
    pub(super) fn conflict<T: 'static, O: 'static>(&mut self, attempts: &mut Attempts, other: &str, once: bool) -> Next<T, O> {
        let path = self.leaf(attempts.node.name);
        if once {
            let message = format!(
                "must run once, and an attempt came too late: run `{other}` had changed the session's state meanwhile, so that nothing \
                 of the attempt is stored: look whether it took effect"
            );
            return Next::Done(Err(self.doubtful(attempts.node, Begun::new(path, attempts.count, EventKind::StepCancelled {}), message)));
        }
        attempts.conflicts += 1;
        if attempts.conflicts <= self.run.info.retry_on_conflict {
            return Next::Again(Duration::ZERO);
        }
        self.cancelled(attempts);
        After::Fault(Box::new(Fault::StateConflict { path, other: other.to_owned() })).into()
    }

    /// What must be stored before an attempt: what came before it, and that it begins if it must not be made twice.
    pub(super) fn before_attempt(&self, attempts: &Attempts, once: bool) -> Option<Storing> {
        let outbox = self.run.outbox.as_ref()?;
        if once {
            let path = self.leaf(attempts.node.name);
            if self.run.replays() {
                // A failure of an earlier leg is no more.
                outbox.remove(path.clone(), RecordKind::Node);
            }
            let attempted = Attempted { attempts: attempts.count + 1, before: attempts.before };
            outbox.put_about(path, RecordKind::Begun, &attempted);
            return self.stored_now();
        }
        self.stored()
    }

    /// That attempts failed, in case that the run is cut before the step has ended.
    fn store_failures(&self, path: &str, attempts: u32, before: u32) {
        let Some(outbox) = &self.run.outbox else { return };
        if self.run.replays() {
            outbox.remove(path.to_owned(), RecordKind::Node);
        }
        outbox.put_about(path.to_owned(), RecordKind::Failed, &Attempted { attempts, before });
    }

    /// Waits between attempts.
    pub(super) async fn wait(&mut self, attempts: &mut Attempts, delay: Duration) -> Result<(), Cancelled> {
        if delay.is_zero() {
            return Ok(());
        }
        Wait::new(delay, &self.scope).await.inspect_err(|_| self.cancelled(attempts))
    }

    /// What earlier legs recorded of the node, if they did.
    pub(super) fn replayed(&self, node: &'static Node, codec: &ErasedCodec) -> Option<Replayed> {
        let path = self.leaf(node.name);
        let recorded = self.run.replay.find(&path)?;
        let found = match recorded.ended {
            Ended::Tolerated | Ended::Standing => return Some(Replayed::Failed(Box::new(recorded.failure(path)))),
            Ended::Broke => self.found(&path, recorded.content, self.output).map(Replayed::Broke),
            _ => self.found(&path, recorded.content, codec).map(Replayed::Value),
        };
        Some(found.unwrap_or_else(Replayed::Fault))
    }

    /// An attempt of a step that must not run twice was cut, and nobody knows how far it came.
    #[cold]
    pub(super) fn cut<O: 'static>(&mut self, node: &'static Node, begun: Begun) -> Stop<O> {
        self.doubtful(node, begun, "must run once, and an attempt was cut: look whether it took effect".to_owned())
    }

    /// An attempt of a step that must not run twice has left nothing. A person decides.
    #[cold]
    fn doubtful<O: 'static>(&mut self, node: &'static Node, begun: Begun, message: String) -> Stop<O> {
        let error = StepError::new(begun.path.clone(), StepErrorKind::Cut, message, begun.attempts);
        let count = begun.attempts;
        let mut attempts = Attempts { node, began: self.last, count, failed: count, before: 0, conflicts: 0 };
        let detail = Detail { error: Some(error.clone()), ..Detail::default() };
        let now = self.run.now();
        self.enter(&mut attempts, Content::Nothing, Ended::Failed, Some(Box::new(detail)), now);
        // It is open until somebody has decided. That it is in doubt is recorded.
        self.run.replay.put_begun(Begun { once: false, ..begun });
        let stop = Stop::Failed(Box::new(error));
        if node.options.on_error == OnError::Pause {
            // The node asks by itself, and knows whether there is something to skip to.
            return stop;
        }
        match self.decide(node, stop, false) {
            Err(stop) => stop,
            Ok(_) => unreachable!("nobody has been asked about a failure that is new"),
        }
    }

    #[inline(never)]
    pub(super) fn completed(
        &mut self,
        attempts: &mut Attempts,
        context: Option<Arc<ContextInner>>,
        value: AnyArc,
        codec: &'static ErasedCodec,
    ) {
        let kept = Kept::of(value, codec);
        let media = self.take_effects(context);
        let node = attempts.node;
        let now = self.run.now();
        let duration = now.saturating_sub(attempts.began);
        let direct = node.direct && matches!(node.kind, NodeKind::Call);
        if !self.run.listens() {
            self.uncounted += 1 + u64::from(direct);
        } else {
            let content = kept.json().unwrap_or_else(|error| format!("cannot be written as JSON: {error}").into());
            if direct {
                self.say(node.name, || EventKind::StepOutput { content: content.clone() });
            }
            let (attempts, duration) = (attempts.count, Duration::from_nanos(duration).as_secs_f64());
            self.say(node.name, || EventKind::StepCompleted { attempts, duration, content });
        }
        if self.run.debugs() {
            self.debug(node, &kept);
        }
        self.enter(attempts, Content::Kept(kept), Ended::Completed, media, now);
    }

    /// It ended the workflow with `output`.
    #[inline(never)]
    pub(super) fn broke(&mut self, attempts: &mut Attempts, context: Option<Arc<ContextInner>>, output: AnyArc) {
        let media = self.take_effects(context);
        let now = self.run.now();
        let node = attempts.node;
        let kept = Kept::of(output, self.output);
        let (count, duration) = (attempts.count, Duration::from_nanos(now.saturating_sub(attempts.began)).as_secs_f64());
        self.say(node.name, || EventKind::StepCompleted { attempts: count, duration, content: kept.json().unwrap_or_default() });
        self.enter(attempts, Content::Kept(kept), Ended::Broke, media, now);
    }

    fn failed(&mut self, attempts: &mut Attempts, error: StepError) {
        let (node, count) = (attempts.node, attempts.count);
        match node.options.on_error {
            OnError::Skip => {
                self.say(node.name, || EventKind::StepSkipped { reason: error.message.clone() });
            }
            // A person decides, and only then it ends.
            OnError::Pause => {
                let begun = Begun::new(self.leaf(node.name), count, EventKind::StepCancelled {});
                self.run.replay.put_begun(begun);
            }
            _ => self.say(node.name, || EventKind::StepError { attempts: count, error: error.message.clone() }),
        }
        if self.run.debugs() {
            tracing::debug!(path = self.leaf(node.name), %error, "step failed");
        }
        let now = self.run.now();
        let detail = Detail { error: Some(error), failed_attempts: attempts.failed, ..Detail::default() };
        self.enter(attempts, Content::Nothing, Ended::Failed, Some(Box::new(detail)), now);
    }

    pub(super) fn cancelled(&mut self, attempts: &mut Attempts) {
        self.say(attempts.node.name, || EventKind::StepCancelled {});
        let now = self.run.now();
        self.enter(attempts, Content::Nothing, Ended::Cancelled, None, now);
    }

    /// Something else ended the run, or what is round the step, in the middle of an attempt.
    fn given_up(&mut self, attempts: &mut Attempts, options: &StepOptions) {
        if options.effect != Effect::Once {
            return self.cancelled(attempts);
        }
        self.say(attempts.node.name, || EventKind::StepCancelled {});
        let error = StepError::new(self.leaf(attempts.node.name), StepErrorKind::Cut, GIVEN_UP, attempts.count);
        let detail = Detail { error: Some(error), ..Detail::default() };
        let now = self.run.now();
        self.enter(attempts, Content::Nothing, Ended::Standing, Some(Box::new(detail)), now);
    }

    fn retrying(&mut self, node: &'static Node, next: u32, before: u32, error: &StepError, times: (Duration, Duration)) -> Duration {
        let (backoff, cap) = times;
        let path = self.leaf(node.name);
        // Should the run be cut while it waits, then it is this attempt that begins.
        self.busy = self.busy.map(|busy| Busy { attempts: next, ..busy });
        self.store_failures(&path, next - 1, before);
        let delay = delay(backoff, cap, next, (&*self.run.info.run_id, &path));
        self.say(node.name, || EventKind::StepRetrying { attempt: next, error: error.message.clone(), delay: delay.as_secs_f64() });
        if self.run.debugs() {
            tracing::debug!(path, %error, ?delay, "step is tried again");
        }
        delay
    }

    /// An attempt is over: nothing is heard of it any more, and what its children have left open ends, unless the step waits for them.
    pub(super) fn leave_attempt(&mut self, waits: bool) -> Option<Arc<ContextInner>> {
        let context = self.context.take()?;
        let has_children = context.end();
        // Children of an earlier leg may be open that this attempt has not come to.
        if (has_children || self.run.replays()) && !waits {
            self.run.withdraw(&context.text());
        }
        self.gather_children(&context);
        Some(context)
    }

    /// The media that the attempt attached are the run's now.
    fn take_effects(&mut self, context: Option<Arc<ContextInner>>) -> Option<Box<Detail>> {
        let context = context?;
        let Effects { attached, .. } = &mut *context.effects();
        if attached.is_empty() {
            return None;
        }
        let media = attached.clone();
        self.run.inner().carried().attached.append(attached);
        Some(Box::new(Detail { media, ..Detail::default() }))
    }

    fn enter(&mut self, attempts: &mut Attempts, content: Content, ended: Ended, detail: Option<Box<Detail>>, now: u64) {
        self.busy = None;
        self.last = now;
        let (parent, mark) = (self.path.clone(), self.mark);
        self.record(Entry {
            parent,
            node: attempts.node,
            mark,
            content,
            started: attempts.began,
            duration: now.saturating_sub(attempts.began),
            attempts: attempts.count,
            ended,
            detail,
        });
    }

    fn debug(&self, node: &'static Node, kept: &Kept) {
        const LONGEST: usize = 1024;
        let mut text = kept.json().map_or_else(|error| error.to_string(), |json| json.to_string());
        if text.len() > LONGEST {
            let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
            text.push('…');
        }
        tracing::debug!(path = self.leaf(node.name), content = text, "step completed");
    }
}

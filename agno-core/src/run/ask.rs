//! `ask`: a question to a person. The body unwinds, and continues by replay when there is an answer.

use std::{
    any::Any,
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cx, CxCore, Fork, Stop, clock};
use crate::{
    content::{Codec, ErasedCodec, Kept},
    db::rows::RecordKind,
    durable::WakeAt,
    error::{StepError, StepErrorKind},
    event::EventKind,
    journal::{Begun, Content},
    plan::{Node, NodeKind, short_type},
    shared::Shared,
    step::panic_text,
};

/// A question that waits for its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct QuestionInfo {
    /// Where it was asked: what `answer` takes.
    pub path: String,
    /// What is asked.
    pub text: String,
    /// The JSON Schema of the answer: the form.
    pub schema: Value,
    /// The type of the answer.
    pub type_name: String,
    /// What was piped into the question: what it is about. A group of branches is an object with their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// Until when it may be answered, if there is a timeout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
}

impl QuestionInfo {
    pub(super) fn new(path: String, text: String, codec: &'static ErasedCodec, value: Option<Value>, deadline: Option<Timestamp>) -> Self {
        Self { path, text, schema: (codec.schema)().into(), type_name: short_type((codec.type_name)()), value, deadline }
    }

    /// The last name of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// An open question, with what is needed to read its answer.
#[derive(Clone)]
pub(crate) struct OpenQuestion {
    pub(crate) info: QuestionInfo,
    /// How its answer is read; `None` where another process asked, and only the schema is known.
    pub(crate) codec: Option<&'static ErasedCodec>,
    pub(crate) node: &'static Node,
    pub(crate) parent: super::path::Path,
    pub(crate) mark: super::path::Mark,
}

impl OpenQuestion {
    /// Whether its time is over.
    pub(crate) fn is_due(&self) -> bool {
        self.info.deadline.is_some_and(|deadline| deadline <= clock::now())
    }
}

impl std::fmt::Debug for OpenQuestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.info.fmt(f)
    }
}

/// What can be the text of a question.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the text of a question",
    label = "not a text",
    note = "write a text in quotes, a `format!(\"…\")`, or a value that implements `Display`"
)]
pub trait QuestionText {
    #[doc(hidden)]
    fn text(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<T: Display + ?Sized> QuestionText for T {
    fn text(&self) -> String {
        self.to_string()
    }
}

/// A value that is piped into a question.
#[derive(Debug)]
pub struct Piped<'v, T: ?Sized>(pub &'v T);

/// One that can be written as JSON.
pub trait PipedJson {
    #[doc(hidden)]
    fn agno_json(&self) -> Option<Value>;
}

impl<T: Serialize + ?Sized> PipedJson for Piped<'_, T> {
    fn agno_json(&self) -> Option<Value> {
        serde_json::to_value(self.0).ok()
    }
}

/// Any other.
pub trait PipedOther {
    #[doc(hidden)]
    fn agno_json(&self) -> Option<Value> {
        None
    }
}

impl<T: ?Sized> PipedOther for &Piped<'_, T> {}

/// Branches that are piped into a question, by their names.
#[must_use]
pub fn piped_branches<const N: usize>(branches: [(&str, Option<Value>); N]) -> Option<Value> {
    let branches = branches.into_iter().map(|(name, value)| (name.to_owned(), value.unwrap_or_default()));
    Some(Value::Object(branches.collect()))
}

impl<P: Fork, O: 'static> Cx<P, O> {
    /// Asks, or gives the answer.
    ///
    /// # Errors
    /// The pause until there is an answer; the failure if it did not come in time and there is no default.
    pub async fn ask<T, D>(
        &mut self,
        node: &'static Node,
        codec: Codec<T>,
        text: impl FnOnce() -> String + Send,
        value: impl FnOnce() -> Option<Value> + Send,
        default: Option<D>,
    ) -> Result<Shared<T>, Stop<O>>
    where
        T: Send + Sync + 'static,
        D: FnOnce() -> T + Send,
    {
        let core = &mut self.core;
        let path = core.leaf(node.name);
        if core.run.replays()
            && let Some(recorded) = core.run.replay.find(&path)
        {
            if core.run.replay.take_begun(&path).is_some() {
                core.run.closes_question(&path);
                let content = recorded.content.json().ok().flatten().unwrap_or_default();
                core.run.deliver_or_count(&path, || EventKind::StepContinued { content });
            }
            return core.replayed_plain(path, recorded, codec);
        }
        if core.is_closed() {
            return Err(Stop::Cancelled);
        }
        let begun = core.run.replays() && core.run.replay.take_begun(&path).is_some();
        let deadline = core.run.deadline_of(&path, node, begun);
        if begun && deadline.is_some_and(|deadline| deadline <= clock::now()) {
            return core.unanswered(node, path, default, codec);
        }
        let (text, value) = match catch_unwind(AssertUnwindSafe(|| (text(), value()))) {
            Ok(asked) => asked,
            Err(panic) => {
                core.run.closes_question(&path);
                return Err(core.panicked(node, path, begun, &*panic));
            }
        };
        let info = QuestionInfo::new(path, text, codec.erased, value, deadline);
        let (parent, mark) = (core.path.clone(), core.mark);
        core.run.pause(OpenQuestion { info, codec: Some(codec.erased), node, parent, mark }, begun);
        if let Some(stored) = core.stored_beside_others() {
            // Whoever answers need not wait for what runs beside it.
            stored.await.map_err(Stop::Fault)?;
        }
        Err(Stop::Paused)
    }
}

impl CxCore {
    /// Time is over: the default is the answer, or the question fails.
    fn unanswered<T, O>(
        &mut self,
        node: &'static Node,
        path: String,
        default: Option<impl FnOnce() -> T>,
        codec: Codec<T>,
    ) -> Result<Shared<T>, Stop<O>>
    where
        T: Send + Sync + 'static,
    {
        self.run.closes_question(&path);
        match default {
            Some(default) => {
                let value = match catch_unwind(AssertUnwindSafe(default)) {
                    Ok(value) => Arc::new(value),
                    Err(panic) => return Err(self.panicked(node, path, true, &*panic)),
                };
                let kept = Kept::new(Arc::clone(&value), codec);
                let content = kept.json().unwrap_or_default();
                self.run.deliver_or_count(&path, || EventKind::StepContinued { content });
                self.answered(node, Content::Kept(kept));
                Ok(Shared::from(value))
            }
            None => {
                let error = StepError::new(path, StepErrorKind::Unanswered, "was not answered in time, and has no default", 1);
                self.fail_plain(node, error.clone());
                Err(Stop::Failed(Box::new(error)))
            }
        }
    }

    /// The user's expression for the question or the default panicked.
    fn panicked<O>(&mut self, node: &'static Node, path: String, begun: bool, panic: &(dyn Any + Send)) -> Stop<O> {
        if !begun {
            self.begin_plain(node);
        }
        let error = StepError::new(path, StepErrorKind::Panic, panic_text(panic), 1);
        self.fail_plain(node, error.clone());
        Stop::Failed(Box::new(error))
    }

    fn answered(&mut self, node: &'static Node, content: Content) {
        let now = self.run.now();
        let (parent, mark, started) = (self.path.clone(), self.mark, now);
        let ended = crate::journal::Ended::Completed;
        self.record(crate::journal::Entry { parent, node, mark, content, started, duration: 0, attempts: 1, ended, detail: None });
    }
}

impl super::Run {
    /// Opens a question; `begun`: an earlier leg has said so.
    pub(super) fn pause(&self, question: OpenQuestion, begun: bool) {
        if !begun {
            let info = question.info.clone();
            self.deliver_or_count(&question.info.path, || EventKind::StepPaused { question: info });
            if let Some(outbox) = &self.outbox {
                outbox.put_about(question.info.path.clone(), RecordKind::Question, &question.info);
            }
        }
        let mut inner = self.inner();
        inner.begun.push(Begun::new(question.info.path.clone(), 0, EventKind::StepCancelled {}));
        inner.questions.push(question);
    }

    /// A question that an earlier leg may have asked is open no more: its answer is read, or there is no use in one.
    pub(super) fn closes_question(&self, path: &str) {
        if let Some(outbox) = &self.outbox {
            outbox.remove(path.to_owned(), RecordKind::Question);
        }
    }

    /// When something at `path` ends that takes a while. The first leg records it.
    pub(super) fn wake_at(&self, path: &str, first: impl FnOnce() -> Timestamp) -> Timestamp {
        let mut inner = self.inner();
        let wakes = &mut inner.carried().wakes;
        if let Some(at) = wakes.get(path) {
            return *at;
        }
        let at = first();
        wakes.insert(path.to_owned(), at);
        drop(inner);
        if let Some(outbox) = &self.outbox {
            outbox.put_about(path.to_owned(), RecordKind::Wake, &WakeAt { at });
        }
        at
    }

    /// When the question at `path` runs out of time. The first leg that asks records it; `begun`: there was one.
    fn deadline_of(&self, path: &str, node: &'static Node, begun: bool) -> Option<Timestamp> {
        let NodeKind::Ask { timeout, .. } = node.kind else { return None };
        let timeout = SignedDuration::try_from(timeout?).unwrap_or(SignedDuration::MAX);
        let deadline = || clock::now().checked_add(timeout).unwrap_or(Timestamp::MAX);
        if !begun {
            // It is asked anew where it ran out of time before, or was withdrawn, and what it stands in runs again.
            self.inner().carried().wakes.remove(path);
        }
        Some(self.wake_at(path, deadline))
    }
}

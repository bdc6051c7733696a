//! What a failure means where the node says more than `fail`.

use std::collections::hash_map;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Carried, Cx, CxCore, Fork, OpenQuestion, QuestionInfo, Stop,
    container::Shape,
    path::{Mark, Path},
};
use crate::{
    content::{Codec, WorkflowValue},
    db::rows::RecordKind,
    durable::{AskedNode, Outbox},
    error::StepError,
    event::EventKind,
    journal::{Begun, Ended, Entry, Settled, is_within},
    plan::{Node, NodeKind},
    shared::Shared,
};

/// What a person decides about a failed node under `on_error = pause`: the answer to its question, such as `write/error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorDecision {
    /// Run the node again, with fresh attempts.
    Retry,
    /// Let the value before the node pass through. Only where the types agree.
    Skip,
    /// The failure stands.
    Fail,
}

/// Of the answer.
const CODEC: Codec<ErrorDecision> = <ErrorDecision as WorkflowValue>::CODEC;

/// The question about a failed node: `write/error`.
static ERROR: Node = Node::new("error", NodeKind::Ask { question: None, timeout: None, default: false });

/// The question about the failure that a node has now. An answer belongs to the failure that it was asked about: what fails later asks
/// anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// The first is `write/error`, the second `write/error~2`.
    pub(crate) number: u32,
    /// The failure is tolerated: its answer stands, even if the run fails and is resumed.
    pub(crate) settled: bool,
}

impl Asked {
    fn store(self, path: &str, outbox: Option<&Outbox>) {
        if let Some(outbox) = outbox {
            outbox.put_about(path.to_owned(), RecordKind::Asked, &AskedNode { number: self.number, settled: self.settled });
        }
    }
}

impl Carried {
    /// Failures that are no more: whatever fails there later asks anew.
    pub(crate) fn forget_asked(&mut self, outbox: Option<&Outbox>, is_over: impl Fn(&str) -> bool) {
        self.asked.retain(|path, asked| {
            let stays = asked.settled || !is_over(path);
            if !stays && let Some(outbox) = outbox {
                outbox.remove(path.clone(), RecordKind::Asked);
            }
            stays
        });
    }
}

impl CxCore {
    /// The failures at and under `path` do not fail the run: another leg must find them as they are.
    pub(crate) fn tolerated(&mut self, path: &str) {
        self.settle(path, Ended::Tolerated);
        if let Some(carried) = &mut self.run.inner().carried {
            for (key, asked) in carried.asked.iter_mut().filter(|(key, asked)| !asked.settled && is_within(key, path)) {
                asked.settled = true;
                asked.store(key, self.run.outbox.as_deref());
            }
        }
    }

    /// The failures at and under `path` are what legs to come find, until they are to run again.
    pub(crate) fn stands(&mut self, path: &str) {
        self.settle_own(path, Ended::Standing);
    }

    /// What failed at and under `path` runs again, and is asked about anew.
    fn runs_again(&mut self, path: &str) {
        self.settle(path, Ended::Failed);
        self.run.inner().carried().forget_asked(self.run.outbox.as_deref(), |key| is_within(key, path));
    }

    fn settle(&mut self, path: &str, ended: Ended) {
        self.settle_own(path, ended);
        if !self.run.replays() {
            return;
        }
        let settled = self.run.replay.settle(Settled { path: path.to_owned(), ended });
        if let Some(outbox) = &self.run.outbox {
            // With what is stored of the decision: else a crash would leave a failure that nobody is known to have decided about.
            let sequence = self.run.sequence() + self.uncounted;
            settled.iter().for_each(|entry| outbox.put_entry(entry, sequence));
        }
    }

    /// In what this leg has recorded.
    fn settle_own(&mut self, path: &str, ended: Ended) {
        let settle = |entry: &mut Entry| {
            let is_settled =
                matches!(entry.ended, Ended::Failed | Ended::Standing) && entry.ended != ended && is_within(&entry.path(), path);
            if is_settled {
                entry.ended = ended;
            }
            is_settled
        };
        let sequence = self.run.sequence() + self.uncounted;
        for entry in &mut self.log {
            if settle(entry)
                && let Some(outbox) = &self.run.outbox
            {
                outbox.put_entry(entry, sequence);
            }
        }
        if self.run.shows() {
            self.run.inner().shown.iter_mut().for_each(|entry| _ = settle(entry));
        }
    }
}

impl<P: Fork, O: 'static> Cx<P, O> {
    /// A failure of the node is tolerated; anything else goes on.
    ///
    /// # Errors
    /// Whatever is no failure.
    pub fn tolerate(&mut self, node: &'static Node, stop: Stop<O>) -> Result<StepError, Stop<O>> {
        match stop {
            Stop::Failed(error) => {
                let path = self.core.leaf(node.name);
                self.core.tolerated(&path);
                Ok(*error)
            }
            other => Err(other),
        }
    }

    /// A person decides about a failure: `None` runs the node again, `Some` lets the value before it pass.
    ///
    /// # Errors
    /// Whatever is no failure, a failure that stands, and the pause until somebody has decided.
    pub fn decide_error<A, T>(&mut self, node: &'static Node, stop: Stop<O>, piped: &Shared<A>) -> Result<Option<Shared<T>>, Stop<O>>
    where
        A: Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        // Skipping is possible where what is piped could be the node's value.
        let passed = (piped as &dyn std::any::Any).downcast_ref::<Shared<T>>().cloned();
        Ok(match self.core.decide(node, stop, passed.is_some())? {
            Decided::Retry => None,
            Decided::Skip => passed,
        })
    }

    /// A person decides about a failure where several values meet, so that nothing can be skipped to.
    ///
    /// # Errors
    /// Whatever is no failure, a failure that stands, and the pause until somebody has decided.
    pub fn decide_retry(&mut self, node: &'static Node, stop: Stop<O>) -> Result<(), Stop<O>> {
        self.core.decide(node, stop, false).map(|_| ())
    }
}

/// What a person has decided, where the failure does not stand.
pub(crate) enum Decided {
    Retry,
    Skip,
}

impl CxCore {
    pub(crate) fn decide<O>(&mut self, node: &'static Node, stop: Stop<O>, may_skip: bool) -> Result<Decided, Stop<O>> {
        let Stop::Failed(error) = stop else { return Err(stop) };
        // A group, a condition and a router decide inside of themselves, everything else beside the node.
        let inside = self.frames.last().is_some_and(|frame| matches!(frame.shape, Shape::Node(open) if std::ptr::eq(open, node)));
        let place = if inside { self.path.clone() } else { self.path.child(node.name, self.mark) };
        let path = place.text();
        let number = self.question_about(&place, &path);
        let question = place.leaf(ERROR.name, Mark::NONE.start(number));
        match self.answer_to(&question) {
            // What has closed without a decision, or is about to, neither asks nor begins again.
            None | Some(ErrorDecision::Retry) if self.is_closed() => Err(Stop::Cancelled),
            None => {
                self.ask_about(place, number, &error, may_skip);
                Err(Stop::Paused)
            }
            Some(ErrorDecision::Retry) => {
                self.runs_again(&path);
                // A step is open until the decision, and its attempts are counted anew. What has a body has closed.
                if self.run.replay.take_begun(&path).is_some() {
                    self.run.replay.put_begun(Begun { why: "decided so", ..Begun::new(path, 0, EventKind::StepCancelled {}) });
                }
                Ok(Decided::Retry)
            }
            Some(ErrorDecision::Skip) if may_skip => {
                self.tolerated(&path);
                self.end_decided(node, EventKind::StepSkipped { reason: error.message });
                Ok(Decided::Skip)
            }
            Some(ErrorDecision::Skip | ErrorDecision::Fail) => {
                self.end_decided(node, EventKind::StepError { attempts: error.attempts, error: error.message.clone() });
                Err(Stop::Failed(error))
            }
        }
    }

    /// The number of the question about the failure that the node at `place` has now.
    fn question_about(&self, place: &Path, path: &str) -> u32 {
        let asked = self.run.inner().carried.as_ref().and_then(|carried| carried.asked.get(path).copied());
        let is_free = |number: &u32| self.run.replay.find(&place.leaf(ERROR.name, Mark::NONE.start(*number))).is_none();
        asked.map_or_else(|| (1..u32::MAX).find(is_free).unwrap_or(u32::MAX), |asked| asked.number)
    }

    fn answer_to(&self, question: &str) -> Option<ErrorDecision> {
        let answer = self.run.replay.find(question)?.content.json().ok().flatten().unwrap_or_default();
        if self.run.replay.take_begun(question).is_some() {
            self.run.closes_question(question);
            self.run.deliver_or_count(question, || EventKind::StepContinued { content: answer.clone() });
        }
        Some(serde_json::from_value(answer).unwrap_or(ErrorDecision::Fail))
    }

    fn ask_about(&mut self, place: Path, number: u32, error: &StepError, may_skip: bool) {
        let path = place.text();
        self.stands(&path);
        if let hash_map::Entry::Vacant(place) = self.run.inner().carried().asked.entry(path.clone()) {
            place.insert(Asked { number, settled: false }).store(&path, self.run.outbox.as_deref());
        }
        let mark = Mark::NONE.start(number);
        let question = place.leaf(ERROR.name, mark);
        let mut schema: Value = CODEC.schema().into();
        if !may_skip {
            schema = serde_json::json!({ "type": "string", "enum": ["retry", "fail"] });
        }
        let begun = self.run.replay.take_begun(&question).is_some();
        let (text, type_name) = (format!("{error}. What now?"), "ErrorDecision".to_owned());
        let info = QuestionInfo { path: question, text, schema, type_name, value: None, deadline: None };
        self.run.pause(OpenQuestion { info, codec: Some(CODEC.erased), node: &ERROR, parent: place, mark }, begun);
        if let Some(step) = self.run.replay.take_begun(&path) {
            self.run.inner().begun.push(step);
        }
    }

    /// A step that waited for a decision ends. (A container ended when it closed.)
    fn end_decided(&mut self, node: &'static Node, end: EventKind) {
        if self.run.replay.take_begun(&self.leaf(node.name)).is_some() {
            self.say(node.name, || end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_a_word() {
        assert_eq!(serde_json::to_value(ErrorDecision::Retry).expect("writes"), "retry");
    }

    const fn is_content<T: crate::content::Content>() {}
    const _: () = is_content::<ErrorDecision>();
}

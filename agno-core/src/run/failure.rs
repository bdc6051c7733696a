//! What a failure means where the node says more than `fail`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Cx, CxCore, Fork, OpenQuestion, QuestionInfo, Stop,
    container::Shape,
    path::{Mark, Path},
};
use crate::{
    content::{Codec, WorkflowValue},
    error::{StepError, StepErrorKind},
    event::EventKind,
    journal::{Begun, Ended, is_within},
    plan::{About, Node, NodeKind},
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

impl CxCore {
    /// The failures at and under `path` do not fail the run: another leg must find them as they are.
    pub(crate) fn tolerated(&mut self, path: &str) {
        let tolerate = |entry: &mut crate::journal::Entry| {
            if entry.ended == Ended::Failed && is_within(&entry.path(), path) {
                entry.ended = Ended::Tolerated;
            }
        };
        self.log.iter_mut().for_each(tolerate);
        if self.run.shows() {
            self.run.inner().shown.iter_mut().for_each(tolerate);
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

/// Whether the node's own Started is open until the decision: a step says nothing when it fails. What has a body has closed.
fn is_step(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Call) && !matches!(node.about.map(|about| about()), Some(About::Workflow(_)))
}

impl CxCore {
    pub(crate) fn decide<O>(&mut self, node: &'static Node, stop: Stop<O>, may_skip: bool) -> Result<Decided, Stop<O>> {
        let Stop::Failed(error) = stop else { return Err(stop) };
        // A group, a condition and a router decide inside of themselves, everything else beside the node.
        let inside = self.frames.last().is_some_and(|frame| matches!(frame.shape, Shape::Node(open) if std::ptr::eq(open, node)));
        let place = if inside { self.path.clone() } else { self.path.child(node.name, self.mark) };
        let path = place.text();
        let decision = self.decision(node, place, &path, &error, may_skip);
        if decision != Some(ErrorDecision::Fail) {
            self.tolerated(&path);
        } else if error.kind != StepErrorKind::Cut {
            // The failure stands until somebody resumes the run. But what must run once does not run again by that.
            self.run.replay.forget(&path);
        }
        match decision {
            None => Err(Stop::Paused),
            Some(ErrorDecision::Retry) => Ok(Decided::Retry),
            Some(ErrorDecision::Skip) if may_skip => {
                self.end_decided(node, EventKind::StepSkipped { reason: error.message });
                Ok(Decided::Skip)
            }
            Some(ErrorDecision::Skip | ErrorDecision::Fail) => {
                self.end_decided(node, EventKind::StepError { attempts: error.attempts, error: error.message.clone() });
                Err(Stop::Failed(error))
            }
        }
    }

    /// What has been decided about the failure at `path`; `None` asks. `parent` is the same path, as the question's place.
    fn decision(&mut self, node: &'static Node, parent: Path, path: &str, error: &StepError, may_skip: bool) -> Option<ErrorDecision> {
        let is_step = is_step(node);
        let question = |number: u32| parent.leaf(ERROR.name, Mark::NONE.start(number));
        let decided = self.run.replay.decisions(path);
        let mut number = 1;
        while self.run.replay.find(&question(number)).is_some() {
            let key = question(number);
            // An attempt that it led to, or a later question, shows that this one's answer was acted on.
            let later = question(number + 1);
            let acted = number <= decided || self.run.replay.find(&later).is_some() || self.run.replay.is_begun(&later);
            if !acted && self.run.replay.act(&key) {
                let begun = self.run.replay.take_begun(&key).is_some();
                let decision = self.run.replay.find(&key).and_then(|recorded| recorded.content.json().ok().flatten());
                let decision: ErrorDecision = serde_json::from_value(decision.unwrap_or_default()).unwrap_or(ErrorDecision::Fail);
                if begun {
                    let content = serde_json::to_value(decision).unwrap_or_default();
                    self.run.deliver_or_count(&key, || EventKind::StepContinued { content });
                }
                if decision == ErrorDecision::Retry {
                    self.run.replay.forget(path);
                    if is_step {
                        // The leg that asked left the step begun; its attempts are counted anew.
                        self.run.replay.take_begun(path);
                        let end = EventKind::StepCancelled {};
                        self.run.replay.put_begun(Begun { why: "decided so", decisions: number, ..Begun::new(path.to_owned(), 0, end) });
                    }
                }
                return Some(decision);
            }
            number += 1;
        }
        let key = question(number);
        let mut schema: Value = CODEC.schema().into();
        if !may_skip {
            schema = serde_json::json!({ "type": "string", "enum": ["retry", "fail"] });
        }
        let info = QuestionInfo {
            path: key.clone(),
            text: format!("{error}. What now?"),
            schema,
            type_name: "ErrorDecision".to_owned(),
            deadline: None,
        };
        let begun = self.run.replay.take_begun(&key).is_some();
        let codec = CODEC.erased;
        self.run.pause(OpenQuestion { info, codec, node: &ERROR, parent, mark: Mark::NONE.start(number) }, begun);
        if is_step {
            // A leg that only comes here again, with nothing decided, leaves it begun once.
            self.run.replay.take_begun(path);
            let begun = Begun { decisions: decided, ..Begun::new(path.to_owned(), error.attempts, EventKind::StepCancelled {}) };
            self.run.inner().begun.push(begun);
        }
        None
    }

    /// A step that waited for a decision ends. (A container ended when it closed.)
    fn end_decided(&mut self, node: &'static Node, end: EventKind) {
        if is_step(node) && self.run.replay.take_begun(&self.leaf(node.name)).is_some() {
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

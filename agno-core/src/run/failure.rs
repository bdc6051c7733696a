//! What a failure means where the node says more than `fail`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Cx, CxCore, Fork, OpenQuestion, QuestionInfo, Stop,
    path::Mark,
    values::SameAs,
};
use crate::{
    content::Codec,
    error::StepError,
    event::EventKind,
    journal::{Begun, Ended, is_within},
    plan::{Node, NodeKind, type_info},
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

/// The question about a failed node: `write/error`.
static ERROR: Node = Node::new("error", NodeKind::Ask { question: None, timeout: None, default: false });

/// The value of a node that may be skipped has the type of what is piped.
pub fn same<A: 'static, B: SameAs<A>>(_piped: &Shared<A>, value: Shared<B>) -> Shared<A> {
    B::same(value)
}

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
            self.run.inner().journal.iter_mut().for_each(tolerate);
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
        let Stop::Failed(error) = stop else { return Err(stop) };
        let path = self.core.leaf(node.name);
        // Skipping is possible where what is piped could be the node's value.
        let passed = (piped as &dyn std::any::Any).downcast_ref::<Shared<T>>().cloned();
        self.core.tolerated(&path);
        match self.core.decision(node, &path, &error, passed.is_some()) {
            None => Err(Stop::Paused),
            Some(ErrorDecision::Retry) => Ok(None),
            Some(ErrorDecision::Skip) if passed.is_some() => {
                self.core.end_decided(node, EventKind::StepSkipped { reason: error.message });
                Ok(passed)
            }
            Some(ErrorDecision::Skip | ErrorDecision::Fail) => {
                self.core.end_decided(node, EventKind::StepError { attempts: error.attempts, error: error.message.clone() });
                Err(Stop::Failed(error))
            }
        }
    }
}

impl CxCore {
    /// What has been decided about the failure at `path`; `None` asks.
    fn decision(&mut self, node: &'static Node, path: &str, error: &StepError, may_skip: bool) -> Option<ErrorDecision> {
        let is_step = matches!(node.kind, NodeKind::Call);
        let parent = self.path.child(node.name, self.mark);
        let question = |number: u32| parent.leaf(ERROR.name, Mark::NONE.start(number));
        let mut number = 1;
        while self.run.replay.find(&question(number)).is_some() {
            let key = question(number);
            // A later question shows that this one's answer was acted on.
            let later = question(number + 1);
            if self.run.replay.find(&later).is_none() && !self.run.replay.is_begun(&later) && self.run.replay.act(&key) {
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
                        let end = EventKind::StepCancelled {};
                        self.run.replay.put_begun(Begun { path: path.to_owned(), attempts: 1, end });
                    }
                }
                return Some(decision);
            }
            number += 1;
        }
        let key = question(number);
        let mut schema: Value = (type_info::<ErrorDecision>().schema)().into();
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
        let codec = Codec::<ErrorDecision>::of().erased;
        self.run.pause(OpenQuestion { info, codec, node: &ERROR, parent, mark: Mark::NONE.start(number) }, begun);
        if is_step {
            let begun = Begun { path: path.to_owned(), attempts: error.attempts, end: EventKind::StepCancelled {} };
            self.run.inner().begun.push(begun);
        }
        None
    }

    /// A step that waited for a decision ends. (A container ended when it closed.)
    fn end_decided(&mut self, node: &'static Node, end: EventKind) {
        if matches!(node.kind, NodeKind::Call) && self.run.replay.take_begun(&self.leaf(node.name)).is_some() {
            self.run.emit(&self.path, node.name, Mark::NONE, || end);
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

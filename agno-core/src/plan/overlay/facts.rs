//! What is known of a run: from its results and open questions, or from its events.

use std::{borrow::Borrow, collections::BTreeMap, sync::Arc, time::Duration};

use indexmap::IndexMap;
use jiff::Timestamp;
use serde_json::Value;

use super::NodeState;
use crate::{
    error::RunError,
    event::{Event, EventKind},
    plan::{Node, NodeKind},
    run::QuestionInfo,
    workflow::{Outcome, OutcomeKind, PartialRun, PausedRun, RunOutput, Status, StepOutcome, Steps, StoredRun},
};

/// What can be laid over a plan.
pub trait RunTrace {
    #[doc(hidden)]
    fn facts(&self) -> Facts;
}

/// What is known of a run.
#[derive(Debug, Default)]
pub struct Facts {
    pub(super) status: Option<Status>,
    pub(super) ended: Vec<Fact>,
    /// The paths of open questions.
    pub(super) waiting: Vec<String>,
    /// The paths of what has begun, and what ran there.
    pub(super) running: Vec<(String, Option<String>)>,
    /// Which way containers went, by path.
    pub(super) ways: BTreeMap<String, Vec<String>>,
}

/// How a node ended.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) path: String,
    /// The node, where it is known.
    pub(super) node: Option<&'static Node>,
    /// What ran, where that is known instead.
    pub(super) executor: Option<String>,
    pub(super) state: NodeState,
    pub(super) attempts: u32,
    pub(super) duration: Duration,
    pub(super) error: Option<String>,
}

impl Facts {
    fn of_steps(status: Status, steps: &Steps, questions: &[QuestionInfo]) -> Self {
        let mut facts = Self { status: Some(status), ..Self::default() };
        for step in steps {
            let path = step.path();
            let (state, error) = match step.outcome() {
                StepOutcome::Completed => (NodeState::Completed, None),
                StepOutcome::Skipped(reason) => (NodeState::Skipped, Some(reason)),
                // What failed in a container is said there. Its own are a timeout, and the bound of a loop.
                StepOutcome::Failed(error) => (NodeState::Failed, (error.path == path).then_some(error.message)),
                StepOutcome::Paused => (NodeState::Waiting, None),
                StepOutcome::Cancelled => (NodeState::Cancelled, None),
            };
            if matches!(step.kind(), NodeKind::Decision) && step.name() == "if" {
                facts.decided(&path, step.content().ok().flatten().as_ref());
            }
            if !step.route().is_empty() {
                facts.ways.insert(path.clone(), step.route().iter().map(|pattern| (*pattern).to_owned()).collect());
            }
            let (node, attempts, duration) = (Some(step.0.node), step.attempts(), step.duration());
            facts.ended.push(Fact { path, node, executor: None, state, attempts, duration, error });
        }
        facts.waiting = questions.iter().map(|question| question.path.clone()).collect();
        facts
    }

    /// A predicate has said which side runs.
    fn decided(&mut self, predicate: &str, value: Option<&Value>) {
        if let (Some(condition), Some(yes)) = (predicate.strip_suffix("/if"), value.and_then(Value::as_bool)) {
            self.ways.insert(condition.to_owned(), vec![yes.to_string()]);
        }
    }
}

impl RunTrace for PartialRun {
    fn facts(&self) -> Facts {
        Facts::of_steps(self.status, &self.steps, &[])
    }
}

impl RunTrace for PausedRun {
    fn facts(&self) -> Facts {
        Facts::of_steps(Status::Paused, &self.partial().steps, self.questions())
    }
}

impl RunTrace for StoredRun {
    fn facts(&self) -> Facts {
        Facts::of_steps(self.status, &self.steps, &self.questions)
    }
}

impl<O, I> RunTrace for RunOutput<O, I> {
    fn facts(&self) -> Facts {
        Facts::of_steps(Status::Completed, &self.steps, &[])
    }
}

impl<O, I> RunTrace for Outcome<O, I> {
    fn facts(&self) -> Facts {
        match self {
            Self::Completed(run) => run.facts(),
            Self::Paused(run) => run.facts(),
        }
    }
}

impl RunTrace for RunError {
    fn facts(&self) -> Facts {
        match self {
            Self::Paused(paused) => paused.facts(),
            Self::InvalidAnswer { run, question, .. } => Facts { waiting: vec![question.clone()], ..run.facts() },
            Self::UnknownQuestion { run, open, .. } => Facts::of_steps(run.status, &run.steps, open),
            other => other.partial().map(RunTrace::facts).unwrap_or_default(),
        }
    }
}

impl<E: Borrow<Event>> RunTrace for Vec<E> {
    fn facts(&self) -> Facts {
        self.as_slice().facts()
    }
}

impl<E: Borrow<Event>, const N: usize> RunTrace for [E; N] {
    fn facts(&self) -> Facts {
        self.as_slice().facts()
    }
}

impl<E: Borrow<Event>> RunTrace for [E] {
    fn facts(&self) -> Facts {
        let mut told = Told::default();
        for event in self {
            told.tell(event.borrow());
        }
        told.facts()
    }
}

/// What events have told so far.
#[derive(Default)]
struct Told {
    facts: Facts,
    /// How nodes ended, by path.
    ended: IndexMap<String, Fact>,
    open: BTreeMap<String, Open>,
}

/// What has begun and not ended.
struct Open {
    since: Timestamp,
    executor: Option<String>,
    attempts: u32,
}

impl Told {
    fn tell(&mut self, event: &Event) {
        let path = event.path.as_str();
        match &event.kind {
            EventKind::WorkflowStarted { depth: 0, .. } | EventKind::WorkflowContinued {} => self.facts.status = Some(Status::Running),
            EventKind::WorkflowPaused { .. } => self.facts.status = Some(Status::Paused),
            EventKind::WorkflowCompleted { depth: 0, .. } => self.facts.status = Some(Status::Completed),
            EventKind::WorkflowError { depth: 0, .. } => self.facts.status = Some(Status::Failed),
            EventKind::WorkflowCancelled { depth: 0 } => self.facts.status = Some(Status::Cancelled),
            EventKind::StepStarted { executor, .. } => self.begins(event, Some(executor)),
            EventKind::StepRetrying { attempt, .. } => {
                if let Some(open) = self.open.get_mut(path) {
                    open.attempts = *attempt;
                }
            }
            EventKind::StepCompleted { attempts, duration, content } => {
                self.facts.decided(path, Some(content));
                let took = Duration::try_from_secs_f64(*duration).unwrap_or_default();
                self.ends(event, NodeState::Completed, Some(*attempts), Some(took), None);
            }
            EventKind::StepError { attempts, error } => self.ends(event, NodeState::Failed, Some(*attempts), None, Some(error)),
            EventKind::StepSkipped { reason } => self.ends(event, NodeState::Skipped, None, None, Some(reason)),
            EventKind::StepCancelled {} => self.ends(event, NodeState::Cancelled, None, None, None),
            EventKind::StepPaused { question } => self.facts.waiting.push(question.path.clone()),
            EventKind::StepContinued { .. } => self.ends(event, NodeState::Completed, Some(1), Some(Duration::ZERO), None),
            EventKind::WorkflowStarted { .. }
            | EventKind::StepsExecutionStarted {}
            | EventKind::ParallelExecutionStarted { .. }
            | EventKind::EachExecutionStarted { .. }
            | EventKind::EachItemStarted { .. }
            | EventKind::ConditionExecutionStarted {}
            | EventKind::LoopExecutionStarted { .. }
            | EventKind::LoopIterationStarted { .. }
            | EventKind::RouterExecutionStarted {} => self.begins(event, None),
            EventKind::WorkflowCompleted { .. } => self.ends(event, NodeState::Completed, Some(0), None, None),
            EventKind::WorkflowError { .. } => self.ends(event, NodeState::Failed, Some(0), None, None),
            EventKind::WorkflowCancelled { .. } => self.ends(event, NodeState::Cancelled, Some(0), None, None),
            EventKind::RouterExecutionCompleted { outcome, selected } => {
                if !selected.is_empty() {
                    self.facts.ways.insert(path.to_owned(), selected.clone());
                }
                self.closes(event, *outcome);
            }
            EventKind::StepsExecutionCompleted { outcome }
            | EventKind::ParallelExecutionCompleted { outcome }
            | EventKind::EachExecutionCompleted { outcome }
            | EventKind::EachItemCompleted { outcome, .. }
            | EventKind::ConditionExecutionCompleted { outcome, .. }
            | EventKind::LoopExecutionCompleted { outcome, .. }
            | EventKind::LoopIterationCompleted { outcome, .. } => self.closes(event, *outcome),
            EventKind::StepOutput { .. }
            | EventKind::StepProgress { .. }
            | EventKind::RunContent { .. }
            | EventKind::CustomEvent { .. } => {}
        }
    }

    fn begins(&mut self, event: &Event, executor: Option<&String>) {
        // What failed and runs again is not over.
        if self.ended.get(&event.path).is_some_and(|fact| fact.state != NodeState::Completed) {
            self.ended.shift_remove(&event.path);
        }
        self.open.insert(event.path.clone(), Open { since: event.at, executor: executor.cloned(), attempts: 1 });
    }

    fn closes(&mut self, event: &Event, outcome: OutcomeKind) {
        let state = match outcome {
            OutcomeKind::Completed | OutcomeKind::Ended => NodeState::Completed,
            OutcomeKind::Failed => NodeState::Failed,
            OutcomeKind::Cancelled => NodeState::Cancelled,
        };
        self.ends(event, state, Some(0), None, None);
    }

    fn ends(&mut self, event: &Event, state: NodeState, attempts: Option<u32>, took: Option<Duration>, error: Option<&String>) {
        let path = event.path.clone();
        self.facts.waiting.retain(|question| *question != path);
        let open = self.open.remove(&path);
        let since = open.as_ref().map(|open| open.since);
        let clock = since.and_then(|since| Duration::try_from(event.at.duration_since(since)).ok());
        let attempts = attempts.unwrap_or_else(|| open.as_ref().map_or(0, |open| open.attempts));
        let (executor, duration) = (open.and_then(|open| open.executor), took.or(clock).unwrap_or_default());
        let fact = Fact { path: path.clone(), node: None, executor, state, attempts, duration, error: error.cloned() };
        self.ended.insert(path, fact);
    }

    fn facts(mut self) -> Facts {
        self.facts.ended = self.ended.into_values().collect();
        // Of a run that waits, what is open waits too.
        if self.facts.status == Some(Status::Running) {
            self.facts.running = self.open.into_iter().map(|(path, open)| (path, open.executor)).collect();
        }
        self.facts
    }
}

impl<T: RunTrace + ?Sized> RunTrace for Arc<T> {
    fn facts(&self) -> Facts {
        (**self).facts()
    }
}

impl<T: RunTrace + ?Sized> RunTrace for Box<T> {
    fn facts(&self) -> Facts {
        (**self).facts()
    }
}

//! Containers: what opens, closes, and is left open.

use std::{pin::Pin, sync::Arc};

use tokio::time::Instant;

use super::{
    Cx, CxCore, Deadline, Fork, Scope, Stop,
    path::{Mark, Path},
};
use crate::{
    error::StepError,
    event::EventKind,
    journal::{Begun, Content, Detail, Ended, Entry},
    plan::{Node, NodeKind},
    workflow::OutcomeKind,
};

/// An open container. To be closed, unless the code that has it is dropped.
#[derive(Debug)]
#[must_use = "an open container is to be closed"]
pub struct Open(());

impl Open {
    pub(super) const fn new() -> Self {
        Self(())
    }
}

/// A step that runs: what is left open if its code is dropped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Busy {
    pub(crate) node: &'static Node,
    pub(crate) attempts: u32,
    /// It must run once.
    pub(crate) once: bool,
}

/// A container that is open.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) shape: Shape,
    pub(crate) mark: Mark,
    /// The path of the code round it.
    pub(crate) outside: Path,
    /// Its own.
    pub(crate) inside: Path,
    pub(crate) began: u64,
    /// It has closed in an earlier leg: it says nothing again.
    pub(crate) silent: bool,
    /// Why it has no value, if it has closed so.
    pub(crate) failed: Option<Box<StepError>>,
    /// Whether what is round it has closed in an earlier leg.
    pub(crate) over_outside: bool,
    pub(crate) route: Route,
    /// What has a scope of its own: a container with a timeout.
    pub(crate) scope_outside: Option<(Arc<Scope>, Instant)>,
}

/// What a frame is of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// A node with a body.
    Node(&'static Node),
    /// One iteration of a loop.
    Turn(&'static Node),
    /// One item of a list.
    Item(&'static Node),
    /// One of the chosen arms of a router.
    Many(&'static Node),
    /// A nested workflow, or a child that is one.
    Workflow(&'static Node, u32),
    /// A path without events of its own: where a fallback or a child stands.
    Within(&'static Node),
}

/// Which way a container went.
#[derive(Clone, Debug, Default)]
pub(crate) enum Route {
    #[default]
    None,
    Condition(bool),
    Arms(Vec<&'static str>),
    Turns {
        done: u32,
    },
    Until(bool),
}

impl Shape {
    pub(crate) fn node(self) -> &'static Node {
        match self {
            Self::Node(node) | Self::Turn(node) | Self::Item(node) | Self::Many(node) | Self::Workflow(node, _) | Self::Within(node) => {
                node
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            // `by_audience/many[0]`: the router's own frame gives its name.
            Self::Many(_) => "many",
            other => other.node().name,
        }
    }

    /// The event that says that it has ended.
    fn end(self, mark: Mark, outcome: OutcomeKind, route: &Route) -> Option<EventKind> {
        Some(match self {
            Self::Node(node) => match node.kind {
                NodeKind::Parallel { .. } => EventKind::ParallelExecutionCompleted { outcome },
                NodeKind::Each { .. } => EventKind::EachExecutionCompleted { outcome },
                NodeKind::Condition { .. } => EventKind::ConditionExecutionCompleted {
                    outcome,
                    condition: if let Route::Condition(yes) = route { Some(*yes) } else { None },
                },
                NodeKind::Loop { .. } => {
                    EventKind::LoopExecutionCompleted { outcome, iterations: if let Route::Turns { done } = route { *done } else { 0 } }
                }
                NodeKind::Router { .. } => EventKind::RouterExecutionCompleted {
                    outcome,
                    selected: if let Route::Arms(arms) = route { arms.iter().map(|arm| (*arm).to_owned()).collect() } else { Vec::new() },
                },
                _ => EventKind::StepsExecutionCompleted { outcome },
            },
            Self::Turn(_) => EventKind::LoopIterationCompleted {
                iteration: mark.index().unwrap_or_default(),
                outcome,
                until: matches!(route, Route::Until(true)),
            },
            Self::Item(_) => EventKind::EachItemCompleted { index: mark.index().unwrap_or_default() as usize, outcome },
            Self::Workflow(_, depth) => EventKind::WorkflowCancelled { depth },
            Self::Many(_) | Self::Within(_) => return None,
        })
    }
}

impl CxCore {
    /// Opens a container: path and event. `start` is made only if somebody listens.
    pub(crate) fn open_frame(&mut self, shape: Shape, mark: Mark, start: Option<EventKind>) -> Open {
        let name = shape.name();
        let inside = self.path.child(name, mark);
        let over_outside = self.over;
        let (mut silent, mut begun, mut failed) = (over_outside, false, None);
        if self.run.replays() && start.is_some() {
            let path = inside.text();
            if let Some(recorded) = self.run.replay.find(&path) {
                // What it was without is done without again: what it cancelled has no record, and must not begin anew.
                (silent, self.over, failed) = (true, true, recorded.error.map(Box::new));
            }
            begun = !silent && self.run.replay.take_begun(&path).is_some();
        }
        if let Some(start) = start
            && !silent
            && !begun
        {
            self.say_at(&inside, || start);
        }
        let scope_outside = match (shape, shape.node().options.timeout) {
            (Shape::Node(_) | Shape::Workflow(..), Some(_)) => {
                let inner = self.scope.child();
                Some((std::mem::replace(&mut self.scope, inner), Instant::now()))
            }
            _ => None,
        };
        let outside = std::mem::replace(&mut self.path, inside.clone());
        self.frames.push(Frame {
            shape,
            mark,
            outside,
            inside,
            began: self.last,
            silent,
            failed,
            over_outside,
            route: Route::None,
            scope_outside,
        });
        Open::new()
    }

    /// The innermost open container.
    pub(crate) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("code in a container has an open frame")
    }

    /// Closes the innermost container, and gives what its body gave, or why an earlier leg had no value for it.
    pub(crate) fn close_with<T, O>(&mut self, open: Open, out: Result<T, Stop<O>>) -> Result<T, Stop<O>> {
        match (self.close_frame(open, Closing::of(&out)), out) {
            (Some(failed), Err(Stop::Cancelled)) => Err(Stop::Failed(failed)),
            (_, out) => out,
        }
    }

    /// Closes the innermost container. What it gives is why it failed in an earlier leg.
    #[inline(never)]
    pub(crate) fn close_frame(&mut self, Open(()): Open, outcome: Closing) -> Option<Box<StepError>> {
        let frame = self.frames.pop().expect("an open container has a frame");
        let Frame { shape, mark, outside, inside, began, silent, failed, over_outside, route, scope_outside } = frame;
        self.path = outside;
        self.over = over_outside;
        if let Some((scope, since)) = scope_outside {
            self.scope = scope;
            if matches!(outcome, Closing::Paused) {
                let path = inside.text();
                *self.run.inner().carried().used.entry(path).or_default() += since.elapsed();
            }
        }
        let (ended, error) = match outcome {
            Closing::Paused => {
                self.left_open(inside.text(), shape, mark, &route);
                return None;
            }
            Closing::Failed(error) => (Ended::Failed, Some(*error)),
            Closing::Ended(ended) => (ended, None),
        };
        if silent {
            return failed;
        }
        if ended != Ended::Completed {
            self.run.withdraw(&inside.text());
        }
        if let Some(end) = self.end_event(shape, mark, ended, &route, error.as_ref()) {
            self.say_at(&inside, || end);
        }
        if matches!(shape, Shape::Within(_) | Shape::Many(_)) {
            return None;
        }
        let now = self.run.now();
        let detail = match (route, error) {
            (Route::Arms(route), error) => Some(Box::new(Detail { error, route, ..Detail::default() })),
            (_, Some(error)) => Some(Box::new(Detail { error: Some(error), ..Detail::default() })),
            _ => None,
        };
        let parent = self.path.clone();
        let (node, duration) = (shape.node(), now.saturating_sub(began));
        self.record(Entry { parent, node, mark, content: Content::Nothing, started: began, duration, attempts: 0, ended, detail });
        None
    }

    fn end_event(&self, shape: Shape, mark: Mark, ended: Ended, route: &Route, error: Option<&StepError>) -> Option<EventKind> {
        match (shape, ended) {
            // A nested workflow's own end was said where its output was known.
            (Shape::Workflow(..), Ended::Completed | Ended::Broke) => None,
            // Counted, not made: what the event says does not matter.
            _ if !self.run.listens() => shape.end(mark, OutcomeKind::Completed, &Route::None),
            (Shape::Workflow(_, depth), Ended::Failed) => {
                Some(EventKind::WorkflowError { depth, error: error.map(ToString::to_string).unwrap_or_default() })
            }
            _ => shape.end(mark, OutcomeKind::of(ended), route),
        }
    }

    fn left_open(&self, path: String, shape: Shape, mark: Mark, route: &Route) {
        if let Some(end) = shape.end(mark, OutcomeKind::Cancelled, route) {
            self.run.inner().begun.push(Begun::new(path, 0, end));
        }
    }

    /// The step that runs does not end in this leg.
    pub(crate) fn left_waiting(&mut self) {
        if let Some(Busy { node, attempts, once }) = self.busy.take() {
            let begun = Begun { once, ..Begun::new(self.leaf(node.name), attempts, EventKind::StepCancelled {}) };
            self.run.inner().begun.push(begun);
        }
    }

    /// The code is dropped: notes what it leaves open, innermost first.
    pub(crate) fn leave_open(&mut self) {
        self.left_waiting();
        while let Some(Frame { shape, mark, inside, silent, route, .. }) = self.frames.pop() {
            if !silent {
                self.left_open(inside.text(), shape, mark, &route);
            }
        }
    }
}

/// How a container closes.
#[derive(Debug)]
pub(crate) enum Closing {
    Ended(Ended),
    Failed(Box<StepError>),
    Paused,
}

impl Closing {
    pub(crate) fn of<T, O>(result: &Result<T, Stop<O>>) -> Self {
        match result {
            Ok(_) => Self::Ended(Ended::Completed),
            Err(Stop::Failed(error)) => Self::Failed(error.clone()),
            // What a fault cuts has no value and no error of its own.
            Err(Stop::Cancelled | Stop::Fault(_)) => Self::Ended(Ended::Cancelled),
            Err(Stop::Ended(_)) => Self::Ended(Ended::Broke),
            Err(Stop::Paused) => Self::Paused,
        }
    }
}

impl<P: Fork, O: 'static> Cx<P, O> {
    /// Opens a container.
    pub fn open(&mut self, node: &'static Node) -> Open {
        let start = match node.kind {
            NodeKind::Condition { .. } => EventKind::ConditionExecutionStarted {},
            NodeKind::Router { .. } => EventKind::RouterExecutionStarted {},
            NodeKind::Loop { max, .. } => EventKind::LoopExecutionStarted { max_iterations: max },
            _ => EventKind::StepsExecutionStarted {},
        };
        self.core.open_frame(Shape::Node(node), Mark::NONE, Some(start))
    }

    /// Closes a container, and gives what its body gave.
    ///
    /// # Errors
    /// The body's.
    pub fn close<T>(&mut self, open: Open, out: Result<T, Stop<O>>) -> Result<T, Stop<O>> {
        self.core.close_with(open, out)
    }

    /// Goes to where something runs on behalf of the node: its fallback.
    pub fn within(&mut self, node: &'static Node) -> Open {
        self.core.open_frame(Shape::Within(node), Mark::NONE, None)
    }

    /// Comes back from there.
    pub fn leave(&mut self, open: Open) {
        self.core.close_frame(open, Closing::Ended(Ended::Completed));
    }

    /// The time that the open container has left.
    #[must_use]
    pub fn deadline(&mut self, _open: &Open) -> Deadline {
        self.core.deadline()
    }
}

/// A big part of a body, boxed: rustc and LLVM are worse than quadratic in the length of one.
pub fn boxed<'a, T>(body: impl Future<Output = T> + Send + 'a) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(body)
}

//! `loop`: a body that is repeated, at most so often.

use super::{
    Cx, Deadline, Fork, Open, Stop,
    container::{Closing, Route, Shape},
    path::Mark,
};
use crate::{
    error::{StepError, StepErrorKind},
    event::EventKind,
    plan::{Node, NodeKind, OnMax},
};

/// The iterations of a loop.
#[derive(Debug)]
#[must_use = "a loop is to be ended"]
pub struct Turns {
    node: &'static Node,
    open: Open,
    turn: Option<Open>,
    max: u32,
    done: u32,
    outside: (u32, u32),
}

impl<P: Fork, O: 'static> Cx<P, O> {
    /// Opens the loop.
    pub fn turns(&mut self, node: &'static Node) -> Turns {
        let NodeKind::Loop { max, .. } = node.kind else { unreachable!("a loop's node is one") };
        let open = self.core.open_frame(Shape::Node(node), Mark::NONE, Some(EventKind::LoopExecutionStarted { max_iterations: max }));
        // The path of an iteration is `refine[0]`, not `refine/[0]`: the loop itself adds none.
        let outside = self.core.frame().outside.clone();
        self.core.path = outside;
        let around = (self.core.iteration, self.core.max_iterations);
        self.core.max_iterations = max;
        Turns { node, open, turn: None, max, done: 0, outside: around }
    }

    /// Opens an iteration.
    pub fn turn(&mut self, turns: &mut Turns) {
        let iteration = turns.done;
        self.core.iteration = iteration;
        let start = EventKind::LoopIterationStarted { iteration };
        turns.turn = Some(self.core.open_frame(Shape::Turn(turns.node), Mark::of_index(iteration), Some(start)));
    }

    /// Closes an iteration, and gives what it gave: the value, and whether `until` ends the loop.
    ///
    /// # Errors
    /// The body's.
    pub fn turned<T>(&mut self, turns: &mut Turns, turn: Result<(T, bool), Stop<O>>) -> Result<(T, bool), Stop<O>> {
        if let Ok((_, until)) = &turn {
            self.core.frame().route = Route::Until(*until);
            turns.done += 1;
        }
        if let Some(open) = turns.turn.take() {
            self.core.close_frame(open, Closing::of(&turn));
        }
        self.core.frame().route = Route::Turns { done: turns.done };
        turn
    }

    /// Whether the loop is over: by `until`, or by its bound.
    ///
    /// # Errors
    /// The bound was reached under `on_max = fail`.
    pub fn is_over(&mut self, turns: &mut Turns, until: bool) -> Result<bool, Stop<O>> {
        if until || turns.done < turns.max {
            return Ok(until);
        }
        match turns.node.kind {
            NodeKind::Loop { on_max: OnMax::Fail, until: true, .. } => {
                let message = format!("still not done after {} iterations", turns.max);
                let path = self.core.path.leaf(turns.node.name, Mark::NONE);
                Err(Stop::Failed(Box::new(StepError::new(path, StepErrorKind::LoopBound, message, 1))))
            }
            _ => Ok(true),
        }
    }

    /// The time that the loop has left.
    #[must_use]
    pub fn turns_deadline(&mut self, _turns: &Turns) -> Deadline {
        self.core.deadline()
    }

    /// Closes the loop, and gives what it gave.
    ///
    /// # Errors
    /// The body's, and that of the bound.
    pub fn end_turns<T>(&mut self, turns: Turns, out: Result<T, Stop<O>>) -> Result<T, Stop<O>> {
        let Turns { node: _, open, turn: _, max: _, done: _, outside } = turns;
        (self.core.iteration, self.core.max_iterations) = outside;
        self.core.close_with(open, out)
    }
}

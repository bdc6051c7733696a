//! A run, laid over its plan: what ran, failed, was skipped, waits; how often, how long, in how many attempts.

mod facts;
mod place;

pub use facts::RunTrace;

use std::time::Duration;

use serde::Serialize;

use super::{
    Plan,
    outline::{Outline, PlaceId},
    words,
};
use crate::workflow::Status;

impl Plan {
    /// Lays a run over the plan: a [`RunOutput`](crate::RunOutput), [`Outcome`](crate::Outcome), [`PausedRun`](crate::PausedRun),
    /// [`StoredRun`](crate::StoredRun), [`PartialRun`](crate::PartialRun), [`RunError`](crate::RunError), or the events of a run so far.
    ///
    /// Iterations of a loop and items of an `each` are counted together. What a run has recorded that is not in the plan is left out.
    /// Which steps run at this moment is known from events alone; a stored run only knows what has ended.
    #[must_use]
    pub fn overlay<R: RunTrace + ?Sized>(&self, run: &R) -> Overlay<'_> {
        let outline = Outline::new(self);
        let facts = run.facts();
        let status = facts.status;
        let runs = place::lay(&outline, facts);
        Overlay { outline, runs, status }
    }
}

/// A plan with a run laid over it. It prints as the plan does, in the same formats.
#[derive(Debug)]
pub struct Overlay<'p> {
    pub(crate) outline: Outline<'p>,
    /// One for each place.
    pub(crate) runs: Vec<NodeRun>,
    pub(crate) status: Option<Status>,
}

impl Overlay<'_> {
    /// Where the run stands, if it has begun.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.status
    }

    /// What the run made of a node: by its path in runs, without indices, such as `refine/improve`. Where two sides of a condition or arms of
    /// a router repeat a name, it is the first one's that has run.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&NodeRun> {
        let found = || self.outline.places.iter().zip(&self.runs).filter(|(place, _)| place.path == path).map(|(_, run)| run);
        found().find(|run| run.state != NodeState::NotReached).or_else(|| found().next())
    }

    /// Every node with what the run made of it, by path, in the plan's order.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, &NodeRun)> {
        self.outline.places.iter().map(|place| place.path.as_str()).zip(&self.runs)
    }

    pub(crate) fn run(&self, id: PlaceId) -> &NodeRun {
        &self.runs[id]
    }
}

/// What became of a node, all its iterations and items together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NodeState {
    /// Nothing: the run did not come here, or took another way.
    #[default]
    NotReached,
    /// It has begun and not ended.
    Running,
    /// It, or something in it, waits for an answer.
    Waiting,
    /// It has its value.
    Completed,
    /// It failed, and the value before it passed through.
    Skipped,
    /// It failed, at least once.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl NodeState {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NotReached => "not reached",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Completed => "completed",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How often something ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[non_exhaustive]
pub struct Tally {
    /// With a value.
    pub completed: u32,
    /// Failed, and the value before it passed through.
    pub skipped: u32,
    /// Failed.
    pub failed: u32,
    /// Cancelled.
    pub cancelled: u32,
    /// Waits for an answer.
    pub waiting: u32,
    /// Has not ended.
    pub running: u32,
}

impl Tally {
    fn add(&mut self, state: NodeState) {
        match state {
            NodeState::NotReached => {}
            NodeState::Running => self.running += 1,
            NodeState::Waiting => self.waiting += 1,
            NodeState::Completed => self.completed += 1,
            NodeState::Skipped => self.skipped += 1,
            NodeState::Failed => self.failed += 1,
            NodeState::Cancelled => self.cancelled += 1,
        }
    }

    /// All together.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.completed + self.skipped + self.failed + self.cancelled + self.waiting + self.running
    }

    /// What is to be seen first: what somebody has to act on, then what is still to come.
    fn state(&self) -> NodeState {
        let order = [
            (self.waiting, NodeState::Waiting),
            (self.failed, NodeState::Failed),
            (self.running, NodeState::Running),
            (self.cancelled, NodeState::Cancelled),
            (self.skipped, NodeState::Skipped),
            (self.completed, NodeState::Completed),
        ];
        order.into_iter().find(|(count, _)| *count > 0).map_or(NodeState::NotReached, |(_, state)| state)
    }

    /// `×3`, or `2 of 8 failed, 1 waiting`.
    fn words(&self) -> String {
        let total = self.total();
        let others = [
            (self.failed, "failed"),
            (self.skipped, "skipped"),
            (self.cancelled, "cancelled"),
            (self.waiting, "waiting"),
            (self.running, "running"),
        ];
        let mut words = String::new();
        for (count, word) in others.into_iter().filter(|(count, _)| *count > 0) {
            match words.is_empty() {
                true => words = format!("{count} of {total} {word}"),
                false => words.push_str(&format!(", {count} {word}")),
            }
        }
        if words.is_empty() { format!("×{total}") } else { words }
    }
}

/// What a run made of one node of its plan.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct NodeRun {
    /// All of it in one word.
    pub state: NodeState,
    /// How often the node ran. More than once in loops and lists.
    pub times: Tally,
    /// Of a loop its iterations, of an `each` its items.
    pub turns: Tally,
    /// Attempts, all together; of a container, none.
    pub attempts: u64,
    /// How long it took, all together. Containers take as long as what is in them, or less where that runs side by side.
    pub duration: Duration,
    /// Children that the step ran itself.
    pub calls: u32,
    /// The first failure's text.
    pub error: Option<String>,
    /// Of a condition `true` or `false`, of a router the patterns that were taken: each once.
    pub ways: Vec<String>,
}

impl NodeRun {
    /// What there is to say beside the state, a few words each.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.times.total() > 1 {
            notes.push(self.times.words());
        }
        if self.turns.total() > 0 {
            notes.push(self.turns.words());
        }
        if self.attempts > u64::from(self.times.total()) {
            notes.push(format!("{} attempts", self.attempts));
        }
        if self.calls > 0 {
            notes.push(format!("{} call{}", self.calls, if self.calls == 1 { "" } else { "s" }));
        }
        let has_run = self.times.total() > self.times.waiting + self.times.running;
        if has_run {
            notes.push(words::measured(self.duration));
        }
        notes.extend(self.error.as_deref().map(words::one_line));
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_says_what_is_not_as_it_should_be() {
        assert_eq!(Tally { completed: 3, ..Tally::default() }.words(), "×3");
        let tally = Tally { completed: 5, failed: 2, waiting: 1, ..Tally::default() };
        assert_eq!((tally.words().as_str(), tally.state()), ("2 of 8 failed, 1 waiting", NodeState::Waiting));
        assert_eq!(Tally::default().state(), NodeState::NotReached);
    }
}

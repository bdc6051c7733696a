//! Checks that the events of a run are a sentence of the grammar.
//!
//! The rules: `sequence` strictly increases; every `…Started` has exactly one end, with the same path; what begins in a container ends before the
//! container does; a run has exactly one terminal event, and nothing after it; a pause is followed by nothing but the next leg, which begins
//! with `WorkflowContinued`. So does the leg of a failed run that is resumed: then the terminal event is the last leg's.

use std::collections::BTreeMap;

use crate::{Event, EventKind};

/// What a sentence of events is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All events of a run that has ended.
    Whole,
    /// The events of a run so far: it is paused, or its future was dropped.
    SoFar,
}

/// Checks the events of a run, from its first on.
///
/// # Errors
/// What breaks the grammar, with the event that does.
pub fn check<'e>(events: impl IntoIterator<Item = &'e Event>, extent: Extent) -> Result<(), String> {
    let mut walker = Walker::default();
    for event in events {
        walker.walk(event).map_err(|reason| format!("{reason}\n  at {} `{}` (sequence {})", event.name(), event.path, event.sequence))?;
    }
    walker.finish(extent)
}

#[derive(Default)]
struct Walker {
    last: Option<u64>,
    /// What is open, by path.
    open: BTreeMap<String, Open>,
    begun: bool,
    paused: bool,
    ended: bool,
    /// It ended with `WorkflowError`, after which `resume` goes on.
    failed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Workflow,
    Step,
    Question,
    Steps,
    Parallel,
    Each,
    Item,
    Condition,
    Loop,
    Turn,
    Router,
}

/// What an event does to what is open.
enum Move {
    Opens(Open),
    Closes(&'static [Open]),
    /// It stands in something open.
    Within(Open),
    Continues,
    Pauses,
}

fn move_of(kind: &EventKind) -> Option<Move> {
    use Move::{Closes, Continues, Opens, Pauses, Within};
    Some(match kind {
        EventKind::WorkflowStarted { .. } => Opens(Open::Workflow),
        EventKind::WorkflowContinued {} => Continues,
        EventKind::WorkflowPaused { .. } => Pauses,
        EventKind::WorkflowCompleted { .. } | EventKind::WorkflowError { .. } | EventKind::WorkflowCancelled { .. } => {
            Closes(&[Open::Workflow])
        }
        EventKind::StepStarted { .. } => Opens(Open::Step),
        EventKind::StepCompleted { .. } | EventKind::StepSkipped { .. } => Closes(&[Open::Step]),
        EventKind::StepError { .. } | EventKind::StepCancelled {} => Closes(&[Open::Step, Open::Question]),
        EventKind::StepRetrying { .. } | EventKind::StepOutput { .. } | EventKind::StepProgress { .. } => Within(Open::Step),
        EventKind::StepPaused { .. } => Opens(Open::Question),
        EventKind::StepContinued { .. } => Closes(&[Open::Question]),
        EventKind::StepsExecutionStarted {} => Opens(Open::Steps),
        EventKind::StepsExecutionCompleted { .. } => Closes(&[Open::Steps]),
        EventKind::ParallelExecutionStarted { .. } => Opens(Open::Parallel),
        EventKind::ParallelExecutionCompleted { .. } => Closes(&[Open::Parallel]),
        EventKind::EachExecutionStarted { .. } => Opens(Open::Each),
        EventKind::EachExecutionCompleted { .. } => Closes(&[Open::Each]),
        EventKind::EachItemStarted { .. } => Opens(Open::Item),
        EventKind::EachItemCompleted { .. } => Closes(&[Open::Item]),
        EventKind::ConditionExecutionStarted {} => Opens(Open::Condition),
        EventKind::ConditionExecutionCompleted { .. } => Closes(&[Open::Condition]),
        EventKind::LoopExecutionStarted { .. } => Opens(Open::Loop),
        EventKind::LoopExecutionCompleted { .. } => Closes(&[Open::Loop]),
        EventKind::LoopIterationStarted { .. } => Opens(Open::Turn),
        EventKind::LoopIterationCompleted { .. } => Closes(&[Open::Turn]),
        EventKind::RouterExecutionStarted {} => Opens(Open::Router),
        EventKind::RouterExecutionCompleted { .. } => Closes(&[Open::Router]),
        EventKind::RunContent { .. } | EventKind::CustomEvent { .. } => return None,
    })
}

impl Walker {
    fn walk(&mut self, event: &Event) -> Result<(), String> {
        if self.last.is_some_and(|last| last >= event.sequence) {
            return Err(format!("the sequence does not increase: {:?} comes before", self.last));
        }
        self.last = Some(event.sequence);
        if self.failed && matches!(event.kind, EventKind::WorkflowContinued {}) {
            (self.ended, self.failed) = (false, false);
            return self.opens("", Open::Workflow);
        }
        if self.ended {
            return Err("an event after the terminal one".to_owned());
        }
        if !self.begun && !matches!(event.kind, EventKind::WorkflowStarted { depth: 0, .. }) {
            return Err("a run begins with WorkflowStarted".to_owned());
        }
        if self.paused && !matches!(event.kind, EventKind::WorkflowContinued {}) && !is_withdrawal(&event.kind) {
            return Err("after a pause a leg begins with WorkflowContinued".to_owned());
        }
        match move_of(&event.kind) {
            Some(Move::Opens(open)) => self.opens(&event.path, open),
            Some(Move::Closes(kinds)) => self.closes(event, kinds),
            Some(Move::Within(open)) => match self.open.get(&event.path) {
                Some(found) if *found == open => Ok(()),
                other => Err(format!("expected an open {open:?}, found {other:?}")),
            },
            Some(Move::Continues) => {
                self.paused = false;
                Ok(())
            }
            Some(Move::Pauses) => {
                self.paused = true;
                match self.open.values().any(|open| *open == Open::Question) {
                    true => Ok(()),
                    false => Err("a pause without an open question".to_owned()),
                }
            }
            None => Ok(()),
        }
    }

    fn opens(&mut self, path: &str, open: Open) -> Result<(), String> {
        self.begun = true;
        if !path.is_empty() && !self.open.contains_key("") {
            return Err("outside of the workflow".to_owned());
        }
        match self.open.insert(path.to_owned(), open) {
            None => Ok(()),
            Some(earlier) => Err(format!("opened again: there is an open {earlier:?}")),
        }
    }

    fn closes(&mut self, event: &Event, kinds: &[Open]) -> Result<(), String> {
        let path = &event.path;
        match self.open.remove(path) {
            Some(open) if kinds.contains(&open) => {}
            other => return Err(format!("closes one of {kinds:?}, but there is {other:?}")),
        }
        let inside = |other: &str| match other.strip_prefix(path.as_str()) {
            Some(rest) => path.is_empty() || rest.starts_with(['/', '[']),
            None => false,
        };
        if let Some((inner, open)) = self.open.iter().find(|(other, _)| inside(other)) {
            return Err(format!("closes while {open:?} `{inner}` is open in it"));
        }
        self.ended = event.is_terminal();
        self.failed = self.ended && matches!(event.kind, EventKind::WorkflowError { .. });
        Ok(())
    }

    fn finish(self, extent: Extent) -> Result<(), String> {
        match extent {
            Extent::Whole if !self.ended => Err(format!("the run has no terminal event; open: {:?}", self.open)),
            Extent::SoFar if self.ended => Err("the run has ended".to_owned()),
            _ => Ok(()),
        }
    }
}

/// What ends when a paused run is cancelled.
fn is_withdrawal(kind: &EventKind) -> bool {
    matches!(move_of(kind), Some(Move::Closes(_)))
}

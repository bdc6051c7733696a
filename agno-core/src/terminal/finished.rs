//! Runs that have ended or wait: their trees come from results, where there are no events.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;

use super::{
    look::{Look, Terminal},
    node::State,
    place,
    screen::write_lines,
    text::Line,
    tree::{RunTree, Totals},
    view::{content_lines, question_lines, summary_line},
};
use crate::{
    error::RunError,
    plan::NodeKind,
    workflow::{Metrics, Outcome, PartialRun, PausedRun, RunOutput, Status, StepOutcome, Steps},
};

impl RunTree {
    /// Takes in what nodes gave.
    pub(super) fn take_in(&mut self, steps: &Steps, metrics: &Metrics) {
        let known: HashSet<String> = steps.iter().map(|step| step.path()).collect();
        for step in steps {
            let path = step.path();
            self.place(&path, &known);
            let state = match step.outcome() {
                StepOutcome::Completed if step.ended_workflow() && step.is_container() => State::Ended,
                StepOutcome::Completed => State::Completed,
                StepOutcome::Skipped(reason) => State::Skipped { reason },
                // A container failed because of what is in it, which has said so.
                StepOutcome::Failed(_) if step.is_container() => State::Failed { error: None },
                StepOutcome::Failed(error) => State::Failed { error: Some(error.message) },
                StepOutcome::Paused => State::Waiting { question: String::new() },
                StepOutcome::Cancelled => State::Cancelled,
            };
            let node = self.node(&path);
            node.label = step.0.node.shown_label().map(str::to_owned);
            node.attempts = step.attempts();
            node.state = state;
            if !matches!(step.kind(), NodeKind::Ask { .. }) {
                node.took = Some(step.duration());
            }
            if !step.route().is_empty() {
                node.note = Some(format!("→ {}", step.route().join(", ")));
            }
            // What cannot be written as JSON is told by whoever needs it; here it decides about a word.
            if place::is_small(&path)
                && let Ok(Some(content)) = step.content()
            {
                self.note_decision(&path, &content);
            }
            if path.ends_with(']') {
                self.fold(place::container(&path));
            }
        }
        self.totals = Totals::from(metrics);
    }

    /// Makes the node at a path in the container that the results know.
    fn place(&mut self, path: &str, known: &HashSet<String>) {
        if path.is_empty() || self.nodes.contains_key(path) {
            return;
        }
        let container = if known.contains(place::container(path)) { place::container(path) } else { place::parent(path) };
        self.place(container, known);
        self.ensure(path, Some(container));
    }

    fn of_partial(run: &PartialRun) -> Self {
        let mut tree = Self::named("", &run.run_id);
        tree.take_in(&run.steps, &run.metrics);
        tree.set_status(run.status);
        tree
    }

    /// Where the whole run stands.
    pub(super) fn set_status(&mut self, status: Status) {
        self.node("").state = match status {
            Status::Completed => State::Completed,
            Status::Failed => State::Failed { error: None },
            Status::Cancelled => State::Cancelled,
            Status::Paused => State::Waiting { question: String::new() },
            Status::Pending | Status::Running => State::Running,
        };
    }
}

impl<O: Serialize, I> RunOutput<O, I> {
    /// Prints the run as `run(..).print()` does: its steps, its output, and what it took.
    ///
    /// Nothing is returned: whoever does not read standard output changes nothing about the run.
    pub fn print(&self) {
        let mut tree = RunTree::named(&self.workflow, &self.run_id);
        tree.take_in(&self.steps, &self.metrics);
        tree.set_status(Status::Completed);
        let content = serde_json::to_value(&*self.content).unwrap_or_else(|error| Value::from(format!("(not JSON: {error})")));
        show(&tree, Some(&content));
    }
}

impl<O: Serialize, I> Outcome<O, I> {
    /// Prints the output, or the open questions, with what the run has done.
    pub fn print(&self) {
        match self {
            Self::Completed(run) => run.print(),
            Self::Paused(run) => run.print(),
        }
    }
}

impl PausedRun {
    /// Prints what the run has done, and its open questions.
    pub fn print(&self) {
        show(&RunTree::of_partial(self.partial()), None);
        write_lines(&question_lines(self.run_id(), self.questions()), Terminal::here());
    }
}

impl RunError {
    /// Prints what the run has done, and why it has no output.
    pub fn print(&self) {
        if let Self::Paused(paused) = self {
            return paused.print();
        }
        if let Some(run) = self.partial() {
            show(&RunTree::of_partial(run), None);
        }
        write_lines(&[Line::new(&self.to_string())], Terminal::here());
    }
}

fn show(tree: &RunTree, content: Option<&Value>) {
    let terminal = Terminal::here();
    let drawing = super::draw::Drawing { width: terminal.size().0, ..super::draw::Drawing::plain() };
    write_lines(&tree.lines(&drawing), terminal);
    conclude(tree, content, Look::default(), terminal);
}

/// What comes after the steps: the output and the summary.
pub(super) fn conclude(tree: &RunTree, content: Option<&Value>, look: Look, terminal: Terminal) {
    let mut lines = Vec::new();
    let content = content.filter(|_| look.content).map(|content| content_lines(content, look, terminal)).unwrap_or_default();
    if !content.is_empty() {
        lines.extend(look.steps.then(Line::default));
        lines.extend(content);
        lines.extend(look.summary.then(Line::default));
    }
    if look.summary
        && let Some(root) = tree.nodes.get("")
    {
        lines.push(summary_line(&root.state, tree.totals));
    }
    write_lines(&lines, terminal);
}

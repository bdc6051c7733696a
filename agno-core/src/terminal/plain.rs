//! [`Transcript`]: a run as lines, for what is no terminal: logs, pipes, files.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    draw::glyph,
    node::{State, human},
    place,
    text::clean,
    tree::RunTree,
};
use crate::event::{Event, EventKind};

/// Lists that are longer are told in quarters, not item by item.
const LONG: usize = 10;

/// A run as lines, event by event: what `print` writes where there is no terminal. A line begins with a sign and the path of its node.
///
/// It is a function of events alone, so it serves for logs and for tests too.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    tree: RunTree,
    /// What steps have streamed of a line that has not ended.
    open: HashMap<String, String>,
}

impl Transcript {
    /// A transcript that goes on after what the tree holds.
    pub(super) fn after(tree: RunTree) -> Self {
        Self { tree, ..Self::default() }
    }

    pub(super) fn into_tree(self) -> RunTree {
        self.tree
    }

    /// What the events so far say about the run's nodes.
    #[must_use]
    pub fn tree(&self) -> &RunTree {
        &self.tree
    }

    /// The lines to write for what happened next; for most events one, or none.
    pub fn lines(&mut self, event: &Event) -> Vec<String> {
        self.tree.apply(event);
        let path = event.path.as_str();
        let mut lines = Vec::new();
        if !matches!(event.kind, EventKind::RunContent { .. })
            && let Some(rest) = self.open.remove(path)
        {
            lines.push(content_line(path, &rest));
        }
        match &event.kind {
            EventKind::RunContent { content } => {
                let text = match content {
                    Value::String(chunk) => chunk.clone(),
                    other => format!("{other}\n"),
                };
                lines.extend(self.stream(path, &text));
            }
            kind => lines.extend(self.line(path, kind)),
        }
        lines
    }

    /// Takes in what no line is to tell: not even the rest of a line that is written once its step has ended.
    pub(super) fn pass_over(&mut self, event: &Event) {
        self.tree.apply(event);
    }

    /// Chunks come as they come; a line is written when it is whole.
    fn stream(&mut self, path: &str, text: &str) -> Vec<String> {
        let open = self.open.entry(path.to_owned()).or_default();
        open.push_str(text);
        let Some(end) = open.rfind('\n') else { return Vec::new() };
        let rest = open.split_off(end + 1);
        let whole = std::mem::replace(open, rest);
        if open.is_empty() {
            self.open.remove(path);
        }
        whole.lines().map(|line| content_line(path, line)).collect()
    }

    fn line(&self, path: &str, kind: &EventKind) -> Option<String> {
        let line = |sign: &str, rest: &str| Some(one_line(&format!("{sign} {path}  {rest}")));
        match kind {
            EventKind::WorkflowStarted { depth: 0, .. } | EventKind::WorkflowContinued {} => {
                let run_id = self.tree.run_id.as_deref().unwrap_or_default();
                let again = if matches!(kind, EventKind::WorkflowContinued {}) { " goes on" } else { "" };
                Some(one_line(&format!("▶ {}{again}  run {run_id}", self.tree.name)))
            }
            // The end of the run is the summary's to tell.
            EventKind::WorkflowCompleted { depth: 0, .. }
            | EventKind::WorkflowError { depth: 0, .. }
            | EventKind::WorkflowCancelled { depth: 0 }
            | EventKind::WorkflowPaused { .. } => None,
            EventKind::StepRetrying { attempt, error, delay } => {
                let delay = std::time::Duration::try_from_secs_f64(*delay).unwrap_or_default();
                line("↻", &format!("{error}; attempt {attempt} in {}", human(delay)))
            }
            EventKind::StepProgress { message, .. } => line("·", message),
            EventKind::StepPaused { question } => line("?", &format!("{} ({})", question.text, question.type_name)),
            EventKind::CustomEvent { name, value } => line("·", &format!("{name} {value}")),
            EventKind::StepOutput { .. } | EventKind::RunContent { .. } => None,
            EventKind::EachItemCompleted { .. } => self.item_line(path),
            EventKind::EachItemStarted { .. } | EventKind::LoopIterationStarted { .. } => None,
            EventKind::EachExecutionStarted { items } => line("▶", &format!("{items} item{}", if *items == 1 { "" } else { "s" })),
            EventKind::ParallelExecutionStarted { branches } => line("▶", &format!("{branches} branches")),
            EventKind::LoopExecutionStarted { max_iterations } => line("▶", &format!("at most {max_iterations} iterations")),
            _ => self.state_line(path),
        }
    }

    /// What has become of a node, from the tree.
    fn state_line(&self, path: &str) -> Option<String> {
        // An item that ended well may be folded already.
        let node = self.tree.nodes.get(path)?;
        let is_quiet = matches!(node.state, State::Completed | State::Running | State::Cancelled);
        if is_quiet && (place::is_small(path) || self.is_in_long_list(path) || path.ends_with(']')) {
            return None;
        }
        let sign = match node.state {
            State::Running => "▶",
            ref state => glyph(state, None).0,
        };
        let mut facts: Vec<String> = Vec::new();
        match &node.state {
            State::Failed { error: Some(error) } => facts.push(error.clone()),
            State::Skipped { reason } => facts.push(format!("skipped: {reason}")),
            State::Running => facts.extend(node.note.clone()),
            _ => {
                facts.extend(node.note.clone());
                facts.extend(node.items.map(|items| format!("{items} item{}", if items == 1 { "" } else { "s" })));
            }
        }
        facts.extend(node.took.map(human));
        if node.attempts > 1 {
            facts.push(format!("{} attempts", node.attempts));
        }
        Some(one_line(&format!("{sign} {path}  {}", facts.join(" · "))))
    }

    /// Of a long list every quarter is told, and what failed.
    fn item_line(&self, path: &str) -> Option<String> {
        let container = place::container(path);
        let node = self.tree.nodes.get(container)?;
        let items = node.items?;
        let done = self.tree.done_items(node);
        let has_failed = self.tree.nodes.get(path).is_some_and(|item| matches!(item.state, State::Failed { .. }));
        if has_failed {
            return self.state_line(path);
        }
        let quarter = |done: usize| done * 4 / items;
        let is_next = items > LONG && done < items && quarter(done) > quarter(done.saturating_sub(1));
        is_next.then(|| one_line(&format!("· {container}  {done} of {items}")))
    }

    fn is_in_long_list(&self, path: &str) -> bool {
        let mut inner = path;
        while !inner.is_empty() {
            let outer = place::container(inner);
            if self.tree.nodes.get(outer).and_then(|node| node.items).is_some_and(|items| items > LONG) {
                return true;
            }
            inner = outer;
        }
        false
    }
}

fn content_line(path: &str, text: &str) -> String {
    one_line(&format!("│ {path}  {text}"))
}

fn one_line(text: &str) -> String {
    clean(text).replace('\n', " ").trim_end().to_owned()
}

//! [`EventLog`]: the events of a run as text.

use std::fmt;

use futures_util::{Stream, StreamExt as _};

use crate::{Event, EventKind, error::Result};

/// The events of a run as text, a line each: `StepStarted research/web_search`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventLog {
    lines: Vec<String>,
}

impl EventLog {
    /// Reads a stream to its end: that of `run(…).stream()`.
    ///
    /// # Errors
    /// The first of the stream.
    pub async fn of(stream: impl Stream<Item = Result<Event>>) -> Result<Self> {
        let mut stream = std::pin::pin!(stream);
        let mut log = Self::default();
        while let Some(event) = stream.next().await {
            log.push(&event?);
        }
        Ok(log)
    }

    /// Adds an event.
    pub fn push(&mut self, event: &Event) {
        self.lines.push(line(event));
    }

    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Asserts that these are the events, a line each. Empty lines and the space round a line do not matter; a line `…` stands for any
    /// number of events.
    ///
    /// # Panics
    /// They are not; the message says which line did not come, and has both.
    #[track_caller]
    pub fn assert(&self, expected: &str) {
        let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if !is_like(&self.lines, &expected) {
            // As many lines as can be met by some beginning of what happened.
            let met = (0..expected.len()).rev().find(|met| is_like(&self.lines, &[&expected[..*met], &["…"]].concat())).unwrap_or(0);
            let whole = is_like(&self.lines, &[&expected[..], &["…"]].concat());
            let wrong = if whole { "more happened than was expected".to_owned() } else { format!("`{}` did not come", expected[met]) };
            panic!("{wrong}\n\nexpected:\n  {}\n\nhappened:\n  {}\n", expected.join("\n  "), self.lines.join("\n  "));
        }
    }
}

impl fmt::Display for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl<'e> FromIterator<&'e Event> for EventLog {
    fn from_iter<I: IntoIterator<Item = &'e Event>>(events: I) -> Self {
        Self { lines: events.into_iter().map(line).collect() }
    }
}

/// Name and path, and what a reader of a test wants to see beside them.
fn line(event: &Event) -> String {
    let mut line = format!("{} {}", event.name(), event.path).trim_end().to_owned();
    match &event.kind {
        EventKind::StepRetrying { attempt, .. } => line.push_str(&format!(" (attempt {attempt})")),
        EventKind::CustomEvent { name, .. } => line.push_str(&format!(" ({name})")),
        _ => {}
    }
    line
}

/// Whether the lines are as expected; `…` is any number of lines.
fn is_like(lines: &[String], expected: &[&str]) -> bool {
    match expected.split_first() {
        None => lines.is_empty(),
        Some((&"…", rest)) => (0..=lines.len()).any(|skipped| is_like(&lines[skipped..], rest)),
        Some((first, rest)) => lines.split_first().is_some_and(|(line, lines)| line == first && is_like(lines, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> EventLog {
        EventLog { lines: ["WorkflowStarted", "StepStarted a", "StepCompleted a", "WorkflowCompleted"].map(str::to_owned).to_vec() }
    }

    #[test]
    fn lines_are_compared_and_dots_skip() {
        log().assert("\n  WorkflowStarted\n  StepStarted a\n  StepCompleted a\n\n  WorkflowCompleted\n");
        log().assert("WorkflowStarted\n…\nWorkflowCompleted");
        log().assert("…");
    }

    #[test]
    #[should_panic(expected = "`StepError a` did not come")]
    fn a_difference_is_shown() {
        log().assert("WorkflowStarted\nStepStarted a\nStepError a\nWorkflowError");
    }

    #[test]
    #[should_panic(expected = "`WorkflowError` did not come")]
    fn a_difference_is_shown_after_dots() {
        log().assert("…\nStepCompleted a\nWorkflowError");
    }

    #[test]
    #[should_panic(expected = "more happened than was expected")]
    fn nothing_may_be_left() {
        log().assert("WorkflowStarted\nStepStarted a");
    }
}

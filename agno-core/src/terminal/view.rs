//! [`View`]: shows one run, from its first event to its summary.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    draw::Drawing,
    look::{Look, Terminal},
    markdown::markdown,
    node::{State, human},
    plain::Transcript,
    screen::{Painter, write, write_lines},
    text::{BAD, DIM, GOOD, Line, PLAIN, STRONG, WARN, wrapped},
    tree::{RunTree, Totals},
};
use crate::{
    event::{Event, EventKind},
    run::QuestionInfo,
    schema::how_to_answer,
};

/// The widest lines of prose.
const PROSE: usize = 100;

/// Shows a run on standard output, live or in lines.
#[derive(Debug)]
pub(super) struct View {
    pub(super) look: Look,
    pub(super) terminal: Terminal,
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    /// Nothing is being drawn: before the run, between its legs, and after it.
    Still(RunTree),
    Live(Painter),
    Lines(Transcript),
}

impl View {
    pub(super) fn new(look: Look, terminal: Terminal, tree: RunTree) -> Self {
        let shown = if terminal.is_live { Shown::Still(tree) } else { Shown::Lines(Transcript::after(tree)) };
        Self { look, terminal, shown }
    }

    /// Shows what happened.
    pub(super) fn event(&mut self, event: &Event) {
        match &mut self.shown {
            Shown::Lines(transcript) => {
                if matches!(event.kind, EventKind::RunContent { .. }) && !self.look.stream {
                    return transcript.pass_over(event);
                }
                let lines = transcript.lines(event);
                if self.look.steps && !lines.is_empty() {
                    write((lines.join("\n") + "\n").as_bytes());
                }
            }
            Shown::Live(painter) => painter.update(|tree| tree.apply(event)),
            Shown::Still(tree) => {
                let mut tree = std::mem::take(tree);
                tree.apply(event);
                self.shown = match Painter::start(tree.clone(), self.terminal, self.look.stream) {
                    Ok(painter) => Shown::Live(painter),
                    Err(_) => Shown::Lines(Transcript::after(tree)),
                };
            }
        }
    }

    /// Ends the drawing; what has been done stays on the screen, if steps are shown.
    pub(super) fn rest(&mut self) {
        let shown = std::mem::replace(&mut self.shown, Shown::Still(RunTree::default()));
        self.shown = match shown {
            Shown::Live(painter) => {
                let mut tree = painter.stop();
                if self.look.steps {
                    let (width, _) = self.terminal.size();
                    let drawing = Drawing { width: width - 1, height: usize::MAX, now: Timestamp::now(), frame: 0, streams: false };
                    write_lines(&tree.lines(&drawing), self.terminal);
                }
                tree.set_shown();
                Shown::Still(tree)
            }
            other => other,
        };
    }

    /// What the events have told.
    pub(super) fn into_tree(mut self) -> RunTree {
        self.rest();
        match self.shown {
            Shown::Still(tree) => tree,
            Shown::Lines(transcript) => transcript.into_tree(),
            // `rest` has stopped it.
            Shown::Live(painter) => painter.stop(),
        }
    }
}

/// The output: text as Markdown, also in fields; everything else as JSON. Where there is no terminal, text stays as it is.
pub(super) fn content_lines(content: &Value, look: Look, terminal: Terminal) -> Vec<Line> {
    let width = terminal.size().0.min(PROSE);
    let draws = look.markdown && terminal.is_live;
    match content {
        Value::Null => Vec::new(),
        Value::String(text) if draws => markdown(text, width),
        Value::String(text) => wrapped(text.trim_end(), PLAIN, usize::MAX),
        // A page between quotes, with `\n` for its line breaks, is nothing to read.
        Value::Object(fields) if draws && fields.values().any(is_page) => {
            fields.iter().flat_map(|(name, value)| field_lines(name, value, width)).collect()
        }
        other => json_lines(other),
    }
}

fn is_page(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim_end().contains('\n'))
}

fn json_lines(value: &Value) -> Vec<Line> {
    wrapped(&serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string()), PLAIN, usize::MAX)
}

/// `title: "A page"`; text of several lines is a block of its own.
fn field_lines(name: &str, value: &Value, width: usize) -> Vec<Line> {
    let name = Line::styled(name, STRONG).with(":", PLAIN);
    if let Value::String(text) = value
        && is_page(value)
    {
        let block = markdown(text, width.saturating_sub(2)).into_iter().map(|line| Line::new("  ").joined(line));
        return std::iter::once(name).chain(block).collect();
    }
    let mut lines = json_lines(value).into_iter();
    let first = name.with(" ", PLAIN).joined(lines.next().unwrap_or_default());
    std::iter::once(first).chain(lines).collect()
}

/// `✓ completed in 1.2 s · 4 steps · 5 attempts`
pub(super) fn summary_line(state: &State, totals: Totals) -> Line {
    let Totals { duration, steps, attempts, step_time } = totals;
    let (sign, style, word) = match state {
        State::Completed | State::Ended => ("✓", GOOD, "completed in"),
        State::Failed { .. } | State::Skipped { .. } => ("✗", BAD, "failed after"),
        State::Cancelled => ("⊘", WARN, "cancelled after"),
        State::Waiting { .. } => ("?", WARN, "waits for an answer after"),
        State::Implied | State::Running | State::Retrying { .. } => ("◌", WARN, "left after"),
    };
    let plural = |number: u64| if number == 1 { "" } else { "s" };
    let mut rest = format!(" · {steps} step{}", plural(steps as u64));
    if attempts > steps as u64 {
        rest.push_str(&format!(" · {attempts} attempts"));
    }
    // Side by side, steps take more than the run.
    if step_time > duration.mul_f64(1.05) {
        rest.push_str(&format!(" · {} in steps", human(step_time)));
    }
    Line::styled(&format!("{sign} {word} {}", human(duration)), style).with(&rest, DIM)
}

/// The open questions, and how to answer them in a program.
pub(super) fn question_lines(run_id: &str, questions: &[QuestionInfo]) -> Vec<Line> {
    let mut lines = Vec::new();
    for QuestionInfo { path, text, type_name, deadline, schema, .. } in questions {
        let mut line = Line::styled("? ", WARN).with(path, STRONG).with(&format!(" ({type_name})  "), DIM).with(text, PLAIN);
        if let Some(deadline) = deadline {
            line.push(&format!("  until {deadline}"), DIM);
        }
        lines.push(line);
        lines.push(Line::styled(&format!("  answer with {}", how_to_answer(run_id, path, schema)), DIM));
    }
    lines
}

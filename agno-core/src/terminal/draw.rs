//! Draws a [`RunTree`]: each node a line, its details below it.

use jiff::Timestamp;

use super::{
    node::{Node, State, human},
    place,
    text::{ACCENT, BAD, DIM, GOOD, Line, PLAIN, STRONG, WARN, wrapped},
    tree::RunTree,
};

/// The frames of what turns while a node runs.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// Lines of streamed content below a node that runs.
const STREAMED: usize = 4;

/// How a tree is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawing {
    /// Lines are cut to it.
    pub(super) width: usize,
    /// What is higher is left out: first what has ended, then what came first.
    pub(super) height: usize,
    /// What a running node's time is measured by.
    pub(super) now: Timestamp,
    /// Which frame of the spinner.
    pub(super) frame: usize,
    /// Whether content is shown as it arrives.
    pub(super) streams: bool,
}

impl Drawing {
    /// The whole tree, of any width.
    pub(super) fn plain() -> Self {
        Self { width: usize::MAX, height: usize::MAX, now: Timestamp::now(), frame: 0, streams: true }
    }
}

impl RunTree {
    /// The tree in lines. What was shown in an earlier leg is left out; nothing is drawn where nothing is new.
    pub(super) fn lines(&self, drawing: &Drawing) -> Vec<Line> {
        let lines = self.draw(drawing, false);
        if lines.len() <= drawing.height {
            return lines;
        }
        let lines = self.draw(drawing, true);
        if lines.len() <= drawing.height {
            return lines;
        }
        // The workflow's own line, that something is missing, and the end of it.
        let kept = drawing.height.saturating_sub(2);
        let mut short: Vec<Line> = lines.iter().take(drawing.height.min(1)).cloned().collect();
        short.extend((drawing.height > 1).then(|| Line::styled("⋮", DIM)));
        short.extend(lines[lines.len() - kept..].iter().cloned());
        short
    }

    /// `brief`: without what stands in nodes that have ended.
    fn draw(&self, drawing: &Drawing, brief: bool) -> Vec<Line> {
        let Some(root) = self.nodes.get("") else { return Vec::new() };
        let mut lines = Vec::new();
        self.draw_children(root, "", drawing, brief, &mut lines);
        if lines.is_empty() && root.state.is_over() && root.is_old {
            return Vec::new();
        }
        let (glyph, style) = glyph(&root.state, Some(drawing.frame));
        let mut first = Line::styled(glyph, style).with(" ", PLAIN).with(&self.name, STRONG);
        if let Some(run_id) = &self.run_id {
            first.push(if self.name.is_empty() { "" } else { "  " }, PLAIN);
            first.push(&format!("run {run_id}"), DIM);
        }
        lines.insert(0, first.cut(drawing.width));
        if let State::Failed { error: Some(error) } = &root.state {
            lines.extend(wrapped(error, BAD, drawing.width));
        }
        lines
    }

    fn draw_children(&self, node: &Node, indent: &str, drawing: &Drawing, brief: bool, lines: &mut Vec<Line>) {
        let shown: Vec<_> = node.children.iter().filter_map(|path| Some((path, self.nodes.get(path)?))).collect();
        let shown: Vec<_> = shown.into_iter().filter(|(path, node)| self.is_shown(path, node)).collect();
        let count = shown.len();
        if node.folded > 0 {
            let branch = if shown.is_empty() { "└─" } else { "├─" };
            lines.push(Line::styled(&format!("{indent}{branch} … {} more", node.folded), DIM).cut(drawing.width));
        }
        for (index, (path, child)) in shown.into_iter().enumerate() {
            // An item of one node is that node: `[4] fetch`.
            let (child, item) = match self.only_child(path, child) {
                Some(only) => (only, Some(child.name.as_str())),
                None => (child, None),
            };
            let is_last = index + 1 == count;
            let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let below = format!("{indent}{below}");
            let mut line = Line::styled(&format!("{indent}{branch}"), DIM);
            line.append(self.headline(child, item, drawing));
            lines.push(line.cut(drawing.width));
            let at = lines.len();
            if !(brief && child.state.is_over()) {
                self.draw_children(child, &below, drawing, brief, lines);
            }
            let beside = if lines.len() > at { "│ " } else { "  " };
            let details = details(child, drawing, below.chars().count() + 2).into_iter();
            let details = details.map(|detail| Line::styled(&format!("{below}{beside}"), DIM).joined(detail).cut(drawing.width));
            lines.splice(at..at, details);
        }
    }

    fn is_shown(&self, path: &str, node: &Node) -> bool {
        if place::is_small(path) && node.state == State::Completed {
            return false;
        }
        !node.is_old || node.children.iter().any(|child| self.nodes.get(child).is_some_and(|node| self.is_shown(child, node)))
    }

    /// What an item consists of, if that is one node.
    fn only_child(&self, path: &str, node: &Node) -> Option<&Node> {
        let is_item = path.ends_with(']') && matches!(node.state, State::Implied | State::Running | State::Completed);
        let mut shown = node.children.iter().filter_map(|path| Some((path, self.nodes.get(path)?))).filter(|_| is_item);
        let (child_path, child) = shown.next()?;
        (shown.all(|(path, node)| !self.is_shown(path, node)) && self.is_shown(child_path, child)).then_some(child)
    }

    /// `✓ hacker_news  21 ms · 2 attempts`
    fn headline(&self, node: &Node, item: Option<&str>, drawing: &Drawing) -> Line {
        let state = match node.state {
            State::Implied => self.implied(node),
            _ => node.state.clone(),
        };
        let (glyph, style) = glyph(&state, self.is_running().then_some(drawing.frame));
        let weight = if state.is_over() { PLAIN } else { STRONG };
        let mut line = Line::styled(glyph, style).with(" ", PLAIN);
        if let Some(item) = item {
            line.push(&format!("{item} "), DIM);
        }
        match &node.label {
            // The name is what paths are made of, and answers are addressed to.
            Some(text) if *text != node.name && !node.name.starts_with('[') => {
                line.push(text, weight);
                line.push(&format!(" ({})", node.name), DIM);
            }
            _ => line.push(&node.name, weight),
        }
        let facts = self.facts(node, drawing);
        if !facts.is_empty() {
            line.push(&format!("  {}", facts.join(" · ")), DIM);
        }
        if let Some(progress) = &node.progress {
            line.push(&format!("  {progress}"), ACCENT);
        }
        line
    }

    fn facts(&self, node: &Node, drawing: &Drawing) -> Vec<String> {
        let mut facts: Vec<String> = node.note.iter().cloned().collect();
        if let Some(items) = node.items {
            let done = self.done_items(node);
            let plural = if items == 1 { "" } else { "s" };
            facts.push(if done == items { format!("{items} item{plural}") } else { format!("{done} of {items} items") });
        }
        facts.extend(node.duration(drawing.now).filter(|_| node.state.is_over() || self.is_running()).map(human));
        if node.attempts > 1 && node.state.is_over() {
            facts.push(format!("{} attempts", node.attempts));
        }
        facts
    }

    /// A node may be open in a run that is not running: it waits for an answer that another node asks for.
    fn is_running(&self) -> bool {
        self.nodes.get("").is_some_and(|root| root.state == State::Running)
    }

    /// How a node stands of which nothing is told: as its children do.
    fn implied(&self, node: &Node) -> State {
        let children = || node.children.iter().filter_map(|path| self.nodes.get(path));
        match children().find(|child| !child.state.is_over()) {
            Some(open) => open.state.clone(),
            None if children().any(|child| matches!(child.state, State::Failed { .. })) => State::Failed { error: None },
            None => State::Completed,
        }
    }
}

/// What stands below a node's line: why it failed, what it asks, what it streams.
fn details(node: &Node, drawing: &Drawing, indent: usize) -> Vec<Line> {
    let width = drawing.width.saturating_sub(indent);
    match &node.state {
        State::Failed { error: Some(error) } => wrapped(error, BAD, width),
        State::Skipped { reason } => wrapped(&format!("skipped: {reason}"), WARN, width),
        State::Retrying { error, delay } => {
            let text = format!("{error}; attempt {} in {}", node.attempts, human(*delay));
            wrapped(&text, WARN, width)
        }
        State::Waiting { question } if !question.is_empty() => wrapped(question, PLAIN, width),
        State::Running if drawing.streams && !node.streamed.is_empty() => {
            let lines = wrapped(node.streamed.trim_end(), PLAIN, width);
            let more = lines.len().saturating_sub(STREAMED);
            lines.into_iter().skip(more).collect()
        }
        _ => Vec::new(),
    }
}

/// The sign of a state, and its style. `frame`: of the spinner; `None`: nothing moves.
pub(super) fn glyph(state: &State, frame: Option<usize>) -> (&'static str, anstyle::Style) {
    match state {
        State::Implied | State::Running => frame.map_or(("◌", DIM), |frame| (SPINNER[frame % SPINNER.len()], ACCENT)),
        State::Retrying { .. } => ("↻", WARN),
        State::Waiting { .. } => ("?", WARN),
        State::Completed => ("✓", GOOD),
        State::Ended => ("⇥", GOOD),
        State::Failed { .. } => ("✗", BAD),
        State::Skipped { .. } => ("↷", WARN),
        State::Cancelled => ("⊘", DIM),
    }
}

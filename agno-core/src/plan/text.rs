//! A plan as a tree of text: one line for each node, in the words of `workflow!`.

use std::fmt;

use anstyle::{AnsiColor, Style};

use super::{
    NodeKind, Otherwise, Plan,
    outline::{Outline, PlaceId, Runs, Way},
    overlay::{NodeRun, NodeState, Overlay},
    words,
};

impl Plan {
    /// The plan as a tree of text, in the words of `workflow!`. The same as its `Display`.
    #[must_use]
    pub fn text(&self) -> String {
        Writer { outline: &Outline::new(self), overlay: None, colors: false, text: String::new() }.write()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Overlay<'_> {
    /// The plan as a tree of text, with what became of each node. The same as its `Display`.
    ///
    /// A mark says how a node ended: `✓` completed, `✗` failed, `↷` skipped, `⊘` cancelled, `?` waits for an answer, `▶` runs, `·` not reached.
    #[must_use]
    pub fn text(&self) -> String {
        Writer { outline: &self.outline, overlay: Some(self), colors: false, text: String::new() }.write()
    }

    /// The same with ANSI colours, for a terminal.
    #[must_use]
    pub fn text_in_color(&self) -> String {
        Writer { outline: &self.outline, overlay: Some(self), colors: true, text: String::new() }.write()
    }
}

impl fmt::Display for Overlay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl NodeState {
    pub(crate) const fn mark(self) -> char {
        match self {
            Self::NotReached => '·',
            Self::Running => '▶',
            Self::Waiting => '?',
            Self::Completed => '✓',
            Self::Skipped => '↷',
            Self::Failed => '✗',
            Self::Cancelled => '⊘',
        }
    }

    const fn style(self) -> Style {
        let color = match self {
            Self::NotReached => return Style::new().dimmed(),
            Self::Running => AnsiColor::Blue,
            Self::Waiting => AnsiColor::Magenta,
            Self::Completed => AnsiColor::Green,
            Self::Skipped | Self::Cancelled => AnsiColor::Yellow,
            Self::Failed => AnsiColor::Red,
        };
        color.on_default()
    }
}

struct Writer<'w> {
    outline: &'w Outline<'w>,
    overlay: Option<&'w Overlay<'w>>,
    colors: bool,
    text: String,
}

/// One line of the tree, and what hangs on it.
enum Branch<'b> {
    Place(PlaceId),
    /// The arm of a router with a single node: in one line.
    Arm(&'b str, PlaceId),
    Group(String, &'b [PlaceId]),
    Leaf(String),
}

impl<'w> Writer<'w> {
    fn write(mut self) -> String {
        let plan = self.outline.plan;
        self.text.push_str(&words::signature(plan));
        if let Some(status) = self.overlay.and_then(Overlay::status) {
            self.text.push_str(&format!("  {status}"));
        }
        self.text.push('\n');
        let docs = plan.description.into_iter().flat_map(str::lines).map(words::one_line);
        let lines: Vec<_> =
            docs.chain(words::declarations(plan)).chain(self.outline.bounds().line()).filter(|line| !line.is_empty()).collect();
        for line in lines {
            self.text.push_str(&format!("│ {line}\n"));
        }
        let body: Vec<_> = self.outline.body.iter().map(|id| Branch::Place(*id)).collect();
        self.branches(&body, "");
        self.text
    }

    fn branches(&mut self, branches: &[Branch<'w>], indent: &str) {
        for (index, branch) in branches.iter().enumerate() {
            let (fork, below) = if index + 1 == branches.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            self.text.push_str(&format!("{indent}{fork}"));
            let indent = format!("{indent}{below}");
            match branch {
                Branch::Place(id) => self.place("", *id, &indent),
                Branch::Arm(pattern, id) => self.place(&format!("{pattern} => "), *id, &indent),
                Branch::Leaf(text) => self.text.push_str(&format!("{text}\n")),
                Branch::Group(text, places) => {
                    self.text.push_str(&format!("{text}\n"));
                    let places: Vec<_> = places.iter().map(|id| Branch::Place(*id)).collect();
                    self.branches(&places, &indent);
                }
            }
        }
    }

    fn place(&mut self, before: &str, id: PlaceId, indent: &str) {
        let place = self.outline.place(id);
        let mut line = format!("{before}{}", place.head());
        if let NodeKind::Ask { question, .. } = place.node.kind {
            line.push_str(&question.map_or_else(|| "  …".to_owned(), |question| format!("  “{}”", words::one_line(question))));
        }
        let mut notes: Vec<_> = place.written_label().map(|label| format!("“{label}”")).into_iter().chain(place.notes()).collect();
        if let Runs::Again(_, of) = place.runs {
            let of = of.map_or("the whole workflow", |of| &self.outline.place(of).path);
            notes.push(format!("↻ {of} again"));
        }
        if !notes.is_empty() {
            line.push_str(&format!("  ({})", notes.join(", ")));
        }
        let doc = place.doc().and_then(|doc| doc.lines().next()).map(|doc| format!("  — {}", words::one_line(doc))).unwrap_or_default();
        match self.overlay.map(|overlay| overlay.run(id)) {
            Some(run) => self.with_run(&line, &doc, run),
            None => self.text.push_str(&format!("{line}{doc}")),
        }
        self.text.push('\n');
        let below = self.below(id);
        self.branches(&below, indent);
    }

    fn with_run(&mut self, line: &str, doc: &str, run: &NodeRun) {
        let mark = run.state.mark();
        let said = run.notes().join(", ");
        let said = if said.is_empty() { said } else { format!("  [{said}]") };
        let text = if self.colors {
            let (style, dim) = (run.state.style(), Style::new().dimmed());
            let line = if run.state == NodeState::NotReached { format!("{dim}{line}{dim:#}") } else { line.to_owned() };
            format!("{style}{mark}{style:#} {line}{style}{said}{style:#}{dim}{doc}{dim:#}")
        } else {
            format!("{mark} {line}{said}{doc}")
        };
        self.text.push_str(&text);
    }

    /// What hangs on a place: its decision, its blocks, its fallback.
    fn below(&self, id: PlaceId) -> Vec<Branch<'w>> {
        let outline = self.outline;
        let place = outline.place(id);
        let is_loop = matches!(place.node.kind, NodeKind::Loop { .. });
        let decision = || place.decision.map(Branch::Place);
        let mut below = Vec::new();
        below.extend(decision().filter(|_| !is_loop));
        let has_sides = match place.node.kind {
            NodeKind::Condition { otherwise } => otherwise != Otherwise::PassesThrough,
            _ => false,
        };
        for block in &place.blocks {
            match (block.way, &*block.places) {
                (Way::Arm(pattern), [only]) => below.push(Branch::Arm(pattern, *only)),
                (Way::Arm(pattern), places) => below.push(Branch::Group(format!("{pattern} =>"), places)),
                (Way::Then, places) if has_sides => below.push(Branch::Group("then".to_owned(), places)),
                (Way::Else, places) => below.push(Branch::Group("else".to_owned(), places)),
                (_, places) => below.extend(places.iter().map(|id| Branch::Place(*id))),
            }
        }
        if matches!(place.node.kind, NodeKind::Condition { otherwise: Otherwise::None }) {
            below.push(Branch::Leaf("else none".to_owned()));
        }
        // `until` comes after the body.
        below.extend(decision().filter(|_| is_loop));
        below.extend(place.fallback.map(Branch::Place));
        below
    }
}

//! The picture of a plan, before it is drawn: shapes and boxes in each other, with edges between those that stand side by side.
//!
//! An edge never crosses a border: what leads to a box leads to the first thing in it. So each box can be laid out by itself, and Mermaid,
//! DOT and SVG draw the same picture.

use super::{
    NodeKind, Otherwise,
    outline::{Outline, PlaceId, Runs, Way},
    overlay::{NodeState, Overlay},
    words,
};

/// The longest line of a label, in letters.
const WIDEST: usize = 34;

/// Which shape or box.
pub(crate) type Id = usize;

/// A box: a container, a nested workflow, or all of the picture.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: Id,
    pub(crate) form: GroupForm,
    pub(crate) text: Text,
    pub(crate) members: Vec<Member>,
    pub(crate) edges: Vec<Edge>,
}

/// What stands in a box.
#[derive(Debug)]
pub(crate) enum Member {
    Shape(Shape),
    Group(Group),
}

/// A single thing.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) id: Id,
    pub(crate) form: Form,
    pub(crate) text: Text,
}

/// What is written on something.
#[derive(Debug, Default)]
pub(crate) struct Text {
    /// The name, in lines.
    pub(crate) title: Vec<String>,
    /// More about it, in lines.
    pub(crate) notes: Vec<String>,
    /// The doc comment and the path.
    pub(crate) tooltip: Option<String>,
    /// What became of it, if a run is laid over the plan.
    pub(crate) state: Option<NodeState>,
}

/// What a box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupForm {
    Picture,
    Steps,
    Parallel,
    Each,
    Condition,
    Loop,
    Router,
    Workflow,
}

/// What a shape is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The workflow's input.
    Input,
    /// Its output.
    Output,
    Step,
    Map,
    Decision,
    Ask,
    Sleep,
    /// A workflow that is round it already.
    Again,
    Fallback,
    /// Where ways meet.
    Merge,
    /// `else none`.
    Nothing,
}

/// From one member of a box to another one.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) from: Id,
    pub(crate) to: Id,
    pub(crate) label: Option<String>,
    pub(crate) way: EdgeWay,
}

/// Where an edge leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EdgeWay {
    On,
    /// To another iteration.
    Back,
    /// To what runs after a failure.
    Failed,
}

impl Member {
    pub(crate) const fn id(&self) -> Id {
        match self {
            Self::Shape(shape) => shape.id,
            Self::Group(group) => group.id,
        }
    }
}

impl Group {
    /// Whether an edge leads to or from where the run that is laid over the plan did not come.
    pub(crate) fn is_faint(&self, edge: &Edge) -> bool {
        let ends = self.members.iter().filter(|member| member.id() == edge.from || member.id() == edge.to);
        let mut states = ends.map(|member| match member {
            Member::Shape(shape) => shape.text.state,
            Member::Group(group) => group.text.state,
        });
        states.any(|state| state == Some(NodeState::NotReached))
    }
}

/// Draws a plan, and the run that is laid over it.
pub(crate) fn draw(outline: &Outline<'_>, overlay: Option<&Overlay<'_>>) -> Group {
    let mut pen = Pen { outline, overlay, next: 0 };
    let plan = outline.plan;
    let mut text = Text { title: wrap(plan.name), notes: vec![words::signature(plan)], ..Text::default() };
    text.notes.extend(outline.bounds().line());
    text.notes.extend(overlay.and_then(Overlay::status).map(|status| status.to_string()));
    text.tooltip = plan.description.map(|doc| doc.trim().to_owned());
    let mut picture = pen.group(GroupForm::Picture, text);
    let input = format!("{}: {}", plan.input_name, words::type_of(plan.input));
    let input = pen.shape(&mut picture, Form::Input, Text { title: wrap(&input), ..Text::default() });
    let exits = pen.chain(&mut picture, &outline.body, vec![Open::from(input)]).exits;
    let output = pen.shape(&mut picture, Form::Output, Text { title: wrap(&words::type_of(plan.output)), ..Text::default() });
    pen.join(&mut picture, exits, output);
    picture
}

struct Pen<'d> {
    outline: &'d Outline<'d>,
    overlay: Option<&'d Overlay<'d>>,
    next: Id,
}

/// An edge that has begun.
struct Open {
    from: Id,
    label: Option<String>,
}

impl From<Id> for Open {
    fn from(from: Id) -> Self {
        Self { from, label: None }
    }
}

/// Members that follow each other.
struct Chain {
    first: Option<Id>,
    exits: Vec<Open>,
}

impl Pen<'_> {
    fn id(&mut self) -> Id {
        self.next += 1;
        self.next - 1
    }

    fn group(&mut self, form: GroupForm, text: Text) -> Group {
        Group { id: self.id(), form, text, members: Vec::new(), edges: Vec::new() }
    }

    fn shape(&mut self, group: &mut Group, form: Form, text: Text) -> Id {
        let id = self.id();
        group.members.push(Member::Shape(Shape { id, form, text }));
        id
    }

    fn join(&mut self, group: &mut Group, open: Vec<Open>, to: Id) {
        group.edges.extend(open.into_iter().map(|Open { from, label }| Edge { from, to, label, way: EdgeWay::On }));
    }

    fn chain(&mut self, group: &mut Group, places: &[PlaceId], entries: Vec<Open>) -> Chain {
        let mut chain = Chain { first: None, exits: entries };
        for place in places {
            let id = self.place(group, *place);
            chain.first.get_or_insert(id);
            self.join(group, std::mem::take(&mut chain.exits), id);
            chain.exits.push(Open::from(id));
            if let Some(fallback) = self.outline.place(*place).fallback {
                let text = self.text(fallback);
                let fallback = self.shape(group, Form::Fallback, text);
                group.edges.push(Edge { from: id, to: fallback, label: Some("failed".to_owned()), way: EdgeWay::Failed });
                chain.exits.push(Open::from(fallback));
            }
        }
        chain
    }

    fn place(&mut self, group: &mut Group, id: PlaceId) -> Id {
        let place = self.outline.place(id);
        let text = self.text(id);
        let (form, shape) = match (place.node.kind, place.runs) {
            (NodeKind::Call, Runs::Workflow(_)) => (Some(GroupForm::Workflow), Form::Step),
            (NodeKind::Call, Runs::Again(..)) => (None, Form::Again),
            (NodeKind::Call, _) => (None, Form::Step),
            (NodeKind::Decision, _) => (None, Form::Decision),
            (NodeKind::Map, _) => (None, Form::Map),
            (NodeKind::Ask { .. }, _) => (None, Form::Ask),
            (NodeKind::Sleep { .. }, _) => (None, Form::Sleep),
            (NodeKind::Steps, _) => (Some(GroupForm::Steps), Form::Step),
            (NodeKind::Parallel { .. }, _) => (Some(GroupForm::Parallel), Form::Step),
            (NodeKind::Each { .. }, _) => (Some(GroupForm::Each), Form::Step),
            (NodeKind::Condition { .. }, _) => (Some(GroupForm::Condition), Form::Step),
            (NodeKind::Loop { .. }, _) => (Some(GroupForm::Loop), Form::Step),
            (NodeKind::Router { .. }, _) => (Some(GroupForm::Router), Form::Step),
        };
        let Some(form) = form else { return self.shape(group, shape, text) };
        let mut inner = self.group(form, text);
        self.fill(&mut inner, id);
        let id = inner.id;
        group.members.push(Member::Group(inner));
        id
    }

    /// Draws what is in a container.
    fn fill(&mut self, group: &mut Group, id: PlaceId) {
        let outline = self.outline;
        let place = outline.place(id);
        match place.node.kind {
            NodeKind::Condition { otherwise } => self.condition(group, id, otherwise),
            NodeKind::Router { many } => self.router(group, id, many),
            NodeKind::Loop { restart, .. } => self.turns(group, id, restart),
            NodeKind::Parallel { .. } => {
                for branch in place.blocks.iter().flat_map(|block| &block.places) {
                    self.chain(group, &[*branch], Vec::new());
                }
            }
            _ => {
                for block in &place.blocks {
                    self.chain(group, &block.places, Vec::new());
                }
            }
        }
    }

    fn decision(&mut self, group: &mut Group, id: PlaceId) -> Option<Id> {
        let decision = self.outline.place(id).decision?;
        Some(self.place(group, decision))
    }

    fn condition(&mut self, group: &mut Group, id: PlaceId, otherwise: Otherwise) {
        let Some(decision) = self.decision(group, id) else { return };
        let open = |label: &str| vec![Open { from: decision, label: Some(label.to_owned()) }];
        let outline = self.outline;
        let mut exits = Vec::new();
        for block in &outline.place(id).blocks {
            let entry = open(if block.way == Way::Else { "no" } else { "yes" });
            exits.extend(self.chain(group, &block.places, entry).exits);
        }
        match otherwise {
            Otherwise::Nodes => {}
            Otherwise::PassesThrough => exits.extend(open("no")),
            Otherwise::None => {
                let nothing = self.shape(group, Form::Nothing, Text { title: vec!["none".to_owned()], ..Text::default() });
                self.join(group, open("no"), nothing);
                exits.push(Open::from(nothing));
            }
        }
        self.merge(group, exits);
    }

    fn router(&mut self, group: &mut Group, id: PlaceId, many: bool) {
        let Some(decision) = self.decision(group, id) else { return };
        let outline = self.outline;
        let mut exits = Vec::new();
        for block in &outline.place(id).blocks {
            let Way::Arm(pattern) = block.way else { continue };
            let entry = Open { from: decision, label: Some(words::one_line(pattern)) };
            exits.extend(self.chain(group, &block.places, vec![entry]).exits);
        }
        let merge = self.merge(group, exits);
        if many {
            group.edges.push(Edge { from: merge, to: decision, label: Some("next".to_owned()), way: EdgeWay::Back });
        }
    }

    fn turns(&mut self, group: &mut Group, id: PlaceId, restart: bool) {
        let outline = self.outline;
        let mut body = Chain { first: None, exits: Vec::new() };
        for block in &outline.place(id).blocks {
            body = self.chain(group, &block.places, Vec::new());
        }
        let again = if restart { "again, from the start" } else { "again" };
        let back = |from: Id, label: &str, to: Id| Edge { from, to, label: Some(label.to_owned()), way: EdgeWay::Back };
        let Some(first) = body.first else { return };
        match self.decision(group, id) {
            Some(until) => {
                self.join(group, body.exits, until);
                group.edges.push(back(until, &format!("no: {again}"), first));
                self.merge(group, vec![Open { from: until, label: Some("yes".to_owned()) }]);
            }
            None => {
                let merge = self.merge(group, body.exits);
                group.edges.push(back(merge, again, first));
            }
        }
    }

    fn merge(&mut self, group: &mut Group, exits: Vec<Open>) -> Id {
        let merge = self.shape(group, Form::Merge, Text::default());
        self.join(group, exits, merge);
        merge
    }

    fn text(&self, id: PlaceId) -> Text {
        let place = self.outline.place(id);
        let label = place.label();
        let mut notes = Vec::new();
        let title = match place.node.kind {
            NodeKind::Decision => place.call().unwrap_or_else(|| format!("{} …", place.node.name)),
            NodeKind::Call => {
                notes.extend(
                    place.call_without_name().filter(|call| call.replace('_', " ") != label && !words::same_name(call, place.node.name)),
                );
                if let Runs::Workflow(_) = place.runs { format!("workflow · {label}") } else { label }
            }
            NodeKind::Ask { question, .. } => {
                notes.extend(place.node.value.map(words::type_of));
                notes.extend(question.map(|question| format!("“{}”", words::one_line(question))));
                label
            }
            NodeKind::Map | NodeKind::Sleep { .. } => label,
            _ => format!("{} · {label}", place.keyword()),
        };
        if let Runs::Again(plan, _) = place.runs {
            notes.push(format!("↻ {} again", plan.name));
        }
        notes.extend(listed(place.notes()));
        let mut tooltip = place.path.clone();
        if let Some(doc) = place.doc() {
            tooltip = format!("{doc}\n\n{tooltip}");
        }
        let run = self.overlay.map(|overlay| overlay.run(id));
        if let Some(run) = run.filter(|run| run.state != NodeState::NotReached) {
            let said = listed(run.notes()).unwrap_or_else(|| run.state.word().to_owned());
            notes.push(format!("{}{KEPT}{said}", run.state.mark()));
        }
        let notes = notes.iter().flat_map(|note| wrap(note)).collect();
        Text { title: wrap(&title), notes, tooltip: Some(tooltip), state: run.map(|run| run.state) }
    }
}

/// A space where no line ends.
const KEPT: char = '\u{a0}';

/// Notes in a row, each in one piece as long as it fits into a line.
fn listed(notes: Vec<String>) -> Option<String> {
    let kept = notes.into_iter().map(|note| if note.chars().count() < WIDEST { note.replace(' ', &KEPT.to_string()) } else { note });
    let text = kept.collect::<Vec<_>>().join(", ");
    (!text.is_empty()).then_some(text)
}

/// Text in lines that a picture has room for.
fn wrap(text: &str) -> Vec<String> {
    let options = textwrap::Options::new(WIDEST).word_separator(textwrap::WordSeparator::AsciiSpace);
    let text: String = text.chars().map(|letter| if letter == '\n' { ' ' } else { letter }).collect();
    textwrap::wrap(&text, options).into_iter().map(|line| words::one_line(&line)).collect()
}

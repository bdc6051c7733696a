//! The colours of pictures: by what a shape is, or by what became of it.

use super::{
    graph::{Form, Group, Member, Text},
    overlay::NodeState,
};

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Step,
    Map,
    Decision,
    Ask,
    Sleep,
    End,
    Box,
    State(NodeState),
}

/// How something of a tone is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    pub(crate) fill: &'static str,
    pub(crate) stroke: &'static str,
    pub(crate) text: &'static str,
    pub(crate) dashed: bool,
    pub(crate) bold: bool,
}

/// The colour of edges and of what is written on them.
pub(crate) const EDGE: &str = "#64748b";
/// The colour of an edge that a run did not take.
pub(crate) const FAINT: &str = "#cbd5e1";
/// The colour of an edge that a failure takes.
pub(crate) const FAILURE: &str = "#dc2626";

impl Tone {
    pub(crate) fn of(form: Form, text: &Text) -> Self {
        match (text.state, form) {
            (Some(state), _) => Self::State(state),
            (None, Form::Input | Form::Output | Form::Merge | Form::Nothing) => Self::End,
            (None, Form::Step | Form::Again | Form::Fallback) => Self::Step,
            (None, Form::Map) => Self::Map,
            (None, Form::Decision) => Self::Decision,
            (None, Form::Ask) => Self::Ask,
            (None, Form::Sleep) => Self::Sleep,
        }
    }

    pub(crate) fn of_group(text: &Text) -> Self {
        text.state.map_or(Self::Box, Self::State)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::Map => "map",
            Self::Decision => "decision",
            Self::Ask => "ask",
            Self::Sleep => "sleep",
            Self::End => "ends",
            Self::Box => "box",
            Self::State(NodeState::NotReached) => "not_reached",
            Self::State(state) => state.word(),
        }
    }

    pub(crate) const fn paint(self) -> Paint {
        let (fill, stroke, text) = match self {
            Self::Step => ("#eef2ff", "#6366f1", "#1e1b4b"),
            Self::Map => ("#f8fafc", "#94a3b8", "#334155"),
            Self::Decision => ("#fef9c3", "#ca8a04", "#422006"),
            Self::Ask => ("#fae8ff", "#c026d3", "#4a044e"),
            Self::Sleep => ("#e0f2fe", "#0284c7", "#082f49"),
            Self::End => ("#f1f5f9", "#64748b", "#0f172a"),
            Self::Box => ("#ffffff", "#cbd5e1", "#334155"),
            Self::State(NodeState::NotReached) => ("#ffffff", "#cbd5e1", "#64748b"),
            Self::State(NodeState::Running) => ("#dbeafe", "#2563eb", "#172554"),
            Self::State(NodeState::Waiting) => ("#fae8ff", "#a21caf", "#4a044e"),
            Self::State(NodeState::Completed) => ("#dcfce7", "#16a34a", "#052e16"),
            Self::State(NodeState::Skipped) => ("#fef3c7", "#d97706", "#451a03"),
            Self::State(NodeState::Failed) => ("#fee2e2", "#dc2626", "#450a0a"),
            Self::State(NodeState::Cancelled) => ("#f5f5f4", "#78716c", "#292524"),
        };
        let dashed = matches!(self, Self::State(NodeState::NotReached | NodeState::Cancelled));
        let bold = matches!(self, Self::State(NodeState::Running | NodeState::Waiting | NodeState::Failed));
        Paint { fill, stroke, text, dashed, bold }
    }
}

impl Group {
    /// The tones of all that is in it, each once, in the order in which they come.
    pub(crate) fn tones(&self) -> Vec<Tone> {
        let mut tones = Vec::new();
        self.collect_tones(&mut tones);
        tones
    }

    fn collect_tones(&self, tones: &mut Vec<Tone>) {
        for member in &self.members {
            let tone = match member {
                Member::Shape(shape) => Tone::of(shape.form, &shape.text),
                Member::Group(inner) => Tone::of_group(&inner.text),
            };
            if !tones.contains(&tone) {
                tones.push(tone);
            }
            if let Member::Group(inner) = member {
                inner.collect_tones(tones);
            }
        }
    }
}

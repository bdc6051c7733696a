//! Where everything stands in the picture.

use dagre::{
    EdgeLabel, LayoutOptions, NodeLabel, RankAlign,
    graph::{Graph, GraphOptions},
    layout::types::LabelPos,
};
use unicode_width::UnicodeWidthChar as _;

use crate::plan::graph::{Edge, EdgeWay, Form, Group, GroupForm, Id, Member, Shape, Text};

/// The size of letters in titles and in notes.
pub(super) const TITLE: f64 = 13.0;
pub(super) const NOTE: f64 = 11.0;
/// From one line to the next.
pub(super) const TITLE_LINE: f64 = 17.0;
pub(super) const NOTE_LINE: f64 = 14.5;
/// Between a border and what is in it.
pub(super) const PADDING: f64 = 14.0;
/// What the signs of questions and waits take.
pub(super) const SIGN: f64 = 24.0;
/// How much wider bold letters are.
const BOLD: f64 = 1.16;
/// Of a diamond's height, what its text may take.
const DIAMOND_TEXT: f64 = 0.42;

/// A place in the picture, from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A box with all that is in it; places are the picture's own, not the box's.
#[derive(Debug)]
pub(super) struct Laid {
    pub(super) area: Area,
    pub(super) form: GroupForm,
    pub(super) text: Text,
    pub(super) shapes: Vec<LaidShape>,
    pub(super) groups: Vec<Laid>,
    pub(super) edges: Vec<LaidEdge>,
}

#[derive(Debug)]
pub(super) struct LaidShape {
    pub(super) area: Area,
    pub(super) form: Form,
    pub(super) text: Text,
}

#[derive(Debug)]
pub(super) struct LaidEdge {
    pub(super) points: Vec<Point>,
    pub(super) label: Option<(String, Point)>,
    pub(super) way: EdgeWay,
    /// Whether a run is laid over the plan that did not go this way.
    pub(super) is_faint: bool,
}

/// Lays the picture out.
pub(super) fn lay_out(picture: Group) -> Laid {
    lay_group(picture).1
}

/// A box at the origin, and its id.
fn lay_group(group: Group) -> (Id, Laid) {
    let faint: Vec<_> = group.edges.iter().map(|edge| group.is_faint(edge)).collect();
    let Group { id, form, text, members, edges } = group;
    let mut laid = Laid {
        area: Area { x: 0.0, y: 0.0, width: 0.0, height: 0.0 },
        form,
        text,
        shapes: Vec::new(),
        groups: Vec::new(),
        edges: Vec::new(),
    };
    let mut graph = Graph::<NodeLabel, EdgeLabel>::with_options(GraphOptions { directed: true, multigraph: true, compound: false });
    let mut parts = Vec::new();
    for member in members {
        let (id, part) = match member {
            Member::Shape(shape) => (shape.id, Part::Shape(lay_shape(shape))),
            Member::Group(inner) => {
                let (id, inner) = lay_group(inner);
                (id, Part::Group(inner))
            }
        };
        let Area { width, height, .. } = part.area();
        let shape = part.is_diamond().then(|| "diamond".to_owned());
        graph.set_node(id.to_string(), Some(NodeLabel { width, height, shape, ..NodeLabel::default() }));
        parts.push((id, part));
    }
    let merges: Vec<_> = parts.iter().filter(|(_, part)| part.is_merge()).map(|(id, _)| *id).collect();
    for (index, edge) in edges.iter().enumerate() {
        let label = edge_label(edge, merges.contains(&edge.to));
        graph.set_edge(edge.from.to_string(), edge.to.to_string(), Some(label), Some(&index.to_string()));
    }
    dagre::layout(&mut graph, Some(options()));

    let (header, header_width) = header(&laid.text);
    let mut content = Extent::default();
    for (id, part) in &mut parts {
        if let Some((x, y)) = graph.node(&id.to_string()).and_then(|node| Some((node.x?, node.y?))) {
            let Area { width, height, .. } = part.area();
            part.shift(x - width / 2.0, y - height / 2.0);
        }
        content.take(part.area());
    }
    laid.edges = edges.into_iter().zip(faint).enumerate().map(|(index, (edge, faint))| laid_edge(&graph, index, edge, faint)).collect();
    laid.edges.iter().for_each(|edge| content.take_edge(edge));

    let inner = (content.right - content.left).max(header_width);
    let slack = (inner - (content.right - content.left)) / 2.0;
    laid.area = Area { x: 0.0, y: 0.0, width: inner + 2.0 * PADDING, height: header + (content.bottom - content.top) + 2.0 * PADDING };
    for (_, part) in parts {
        match part {
            Part::Shape(shape) => laid.shapes.push(shape),
            Part::Group(inner) => laid.groups.push(inner),
        }
    }
    laid.shift_content(PADDING + slack - content.left, header + PADDING - content.top);
    (id, laid)
}

/// What stands side by side begins on one line, and stands in declared order where that costs no crossing.
fn options() -> LayoutOptions {
    LayoutOptions {
        nodesep: 26.0,
        edgesep: 16.0,
        ranksep: 34.0,
        rank_align: RankAlign::Top,
        tie_keep_first: true,
        ..LayoutOptions::default()
    }
}

fn edge_label(edge: &Edge, merges: bool) -> EdgeLabel {
    let (width, height) = edge.label.as_deref().map_or((0.0, 0.0), label_size);
    // What follows stands close under what it follows; an edge to where ways meet may be long, and others keep aside.
    let weight = if edge.way == EdgeWay::On && !merges { 8 } else { 1 };
    EdgeLabel { width, height, weight, labelpos: LabelPos::Center, ..EdgeLabel::default() }
}

fn laid_edge(graph: &Graph<NodeLabel, EdgeLabel>, index: usize, edge: Edge, is_faint: bool) -> LaidEdge {
    let laid = graph.edge(&edge.from.to_string(), &edge.to.to_string(), Some(&index.to_string()));
    let points = laid.map(|laid| laid.points.iter().map(|point| Point { x: point.x, y: point.y }).collect()).unwrap_or_default();
    let at = laid.and_then(|laid| Some(Point { x: laid.x?, y: laid.y? }));
    LaidEdge { points, label: edge.label.zip(at), way: edge.way, is_faint }
}

/// One member of a box.
enum Part {
    Shape(LaidShape),
    Group(Laid),
}

impl Part {
    fn area(&self) -> Area {
        match self {
            Self::Shape(shape) => shape.area,
            Self::Group(group) => group.area,
        }
    }

    fn is_diamond(&self) -> bool {
        matches!(self, Self::Shape(LaidShape { form: Form::Decision, .. }))
    }

    fn is_merge(&self) -> bool {
        matches!(self, Self::Shape(LaidShape { form: Form::Merge, .. }))
    }

    fn shift(&mut self, x: f64, y: f64) {
        match self {
            Self::Shape(shape) => shape.area.shift(x, y),
            Self::Group(group) => group.shift(x, y),
        }
    }
}

impl Area {
    fn shift(&mut self, x: f64, y: f64) {
        self.x += x;
        self.y += y;
    }
}

impl Laid {
    fn shift(&mut self, x: f64, y: f64) {
        self.area.shift(x, y);
        self.shift_content(x, y);
    }

    fn shift_content(&mut self, x: f64, y: f64) {
        self.shapes.iter_mut().for_each(|shape| shape.area.shift(x, y));
        self.groups.iter_mut().for_each(|group| group.shift(x, y));
        for edge in &mut self.edges {
            let labels = edge.label.iter_mut().map(|(_, at)| at);
            for point in edge.points.iter_mut().chain(labels) {
                point.x += x;
                point.y += y;
            }
        }
    }
}

/// What all parts of a box take together.
#[derive(Default)]
struct Extent {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Extent {
    fn take(&mut self, area: Area) {
        self.left = self.left.min(area.x);
        self.top = self.top.min(area.y);
        self.right = self.right.max(area.x + area.width);
        self.bottom = self.bottom.max(area.y + area.height);
    }

    fn take_edge(&mut self, edge: &LaidEdge) {
        for Point { x, y } in &edge.points {
            self.take(Area { x: *x, y: *y, width: 0.0, height: 0.0 });
        }
        if let Some((label, at)) = &edge.label {
            let (width, height) = label_size(label);
            self.take(Area { x: at.x - width / 2.0, y: at.y - height / 2.0, width, height });
        }
    }
}

/// The height and width of what is written on top of a box.
fn header(text: &Text) -> (f64, f64) {
    let (width, height) = text_size(text);
    (if height > 0.0 { height + 6.0 } else { 0.0 }, width)
}

fn lay_shape(shape: Shape) -> LaidShape {
    let Shape { id: _, form, text } = shape;
    let (text_width, text_height) = text_size(&text);
    let (width, height) = match form {
        Form::Merge => (10.0, 10.0),
        Form::Decision => {
            let height = (text_height / DIAMOND_TEXT).max(44.0);
            // What is written fits into a diamond if its parts of width and height together are no more than one.
            (text_width / (1.0 - text_height / height) + 12.0, height)
        }
        Form::Ask | Form::Sleep => (text_width + SIGN + 2.0 * PADDING, text_height.max(18.0) + 18.0),
        Form::Again => (text_width + 2.0 * PADDING + 8.0, text_height + 20.0),
        _ => ((text_width + 2.0 * PADDING).max(72.0), text_height + 16.0),
    };
    LaidShape { area: Area { x: 0.0, y: 0.0, width, height }, form, text }
}

/// The width and height of what is written on an edge.
pub(super) fn label_size(label: &str) -> (f64, f64) {
    (text_width(label, NOTE) + 8.0, NOTE_LINE + 1.0)
}

/// The width and height of a title with its notes.
pub(super) fn text_size(text: &Text) -> (f64, f64) {
    let titles = text.title.iter().map(|line| text_width(line, TITLE) * BOLD);
    let notes = text.notes.iter().map(|line| text_width(line, NOTE));
    let width = titles.chain(notes).fold(0.0, f64::max);
    (width, text.title.len() as f64 * TITLE_LINE + text.notes.len() as f64 * NOTE_LINE)
}

/// About how wide a line is, in the sans-serif letters that there are. A picture cannot know: whoever shows it has the letters.
fn text_width(line: &str, size: f64) -> f64 {
    let width = |letter: char| match letter {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' | '·' => 0.3,
        ' ' | 'f' | 't' | 'r' | 'I' | '(' | ')' | '[' | ']' | '/' | '-' | '"' | '“' | '”' => 0.38,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '×' | '↻' => 0.9,
        'A'..='Z' => 0.7,
        '\0'..='\u{7f}' => 0.6,
        other => 0.6 * other.width().unwrap_or(1) as f64,
    };
    line.chars().map(width).sum::<f64>() * size
}

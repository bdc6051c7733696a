//! A plan in Graphviz's language.

use std::fmt::Write as _;

use super::{
    Plan,
    graph::{Edge, EdgeWay, Form, Group, GroupForm, Id, Member, Shape, Text, draw},
    outline::Outline,
    overlay::Overlay,
    tone::{EDGE, FAILURE, FAINT, Paint, Tone},
};

impl Plan {
    /// The plan as a DOT graph, for [Graphviz](https://graphviz.org) and what reads its language.
    #[must_use]
    pub fn dot(&self) -> String {
        write(&draw(&Outline::new(self), None))
    }
}

impl Overlay<'_> {
    /// The plan as a DOT graph, coloured by what became of each node.
    #[must_use]
    pub fn dot(&self) -> String {
        write(&draw(&self.outline, Some(self)))
    }
}

fn write(picture: &Group) -> String {
    let mut text = String::from("digraph plan {\n");
    // `compound`: edges end at the border of a box.
    line(&mut text, 1, "graph [compound=true, rankdir=TB, fontname=\"Helvetica\", labelloc=t, nodesep=0.4, ranksep=0.5];");
    line(&mut text, 1, "node [fontname=\"Helvetica\", fontsize=11, style=\"filled,rounded\", shape=box];");
    line(&mut text, 1, &format!("edge [fontname=\"Helvetica\", fontsize=10, color=\"{EDGE}\", fontcolor=\"{EDGE}\"];"));
    line(&mut text, 1, &format!("label={};", label(&picture.text)));
    line(&mut text, 1, &format!("tooltip={};", quote(picture.text.tooltip.as_deref().unwrap_or_default())));
    members(&mut text, picture, 1);
    text.push_str("}\n");
    text
}

fn members(text: &mut String, group: &Group, depth: usize) {
    for member in &group.members {
        match member {
            Member::Shape(shape) => line(text, depth, &format!("n{} [{}];", shape.id, attributes(shape))),
            Member::Group(inner) => {
                let Paint { stroke, text: color, dashed, .. } = Tone::of_group(&inner.text).paint();
                line(text, depth, &format!("subgraph cluster_{} {{", inner.id));
                let style = if dashed { "rounded,dashed" } else { "rounded" };
                // A nested workflow has a strong frame: Graphviz draws no second one.
                let width = if inner.form == GroupForm::Workflow { 2 } else { 1 };
                line(text, depth + 1, &format!("label={}; labelloc=t; labeljust=l; fontsize=11;", left(&inner.text)));
                line(text, depth + 1, &format!("style=\"{style}\"; penwidth={width}; color=\"{stroke}\"; fontcolor=\"{color}\";"));
                line(text, depth + 1, &format!("tooltip={};", quote(inner.text.tooltip.as_deref().unwrap_or_default())));
                members(text, inner, depth + 1);
                line(text, depth, "}");
            }
        }
    }
    for edge in &group.edges {
        line(text, depth, &self::edge(group, edge));
    }
}

fn attributes(shape: &Shape) -> String {
    let form = match shape.form {
        Form::Input | Form::Output => "shape=box, style=\"filled,rounded\"",
        Form::Step | Form::Fallback => "shape=box",
        Form::Map | Form::Nothing => "shape=ellipse, style=filled",
        Form::Decision => "shape=diamond, style=filled, margin=\"0.02,0.02\"",
        Form::Ask => "shape=parallelogram, style=filled",
        Form::Sleep => "shape=hexagon, style=filled",
        Form::Again => "shape=box, peripheries=2",
        Form::Merge => return format!("shape=point, width=0.09, color=\"{EDGE}\""),
    };
    let Paint { fill, stroke, text, dashed, bold } = Tone::of(shape.form, &shape.text).paint();
    let style = if dashed { ", style=\"filled,rounded,dashed\"" } else { "" };
    let width = if bold { ", penwidth=2" } else { "" };
    let tooltip = quote(shape.text.tooltip.as_deref().unwrap_or_default());
    let label = label(&shape.text);
    format!("label={label}, {form}{style}, fillcolor=\"{fill}\", color=\"{stroke}\", fontcolor=\"{text}\"{width}, tooltip={tooltip}")
}

fn edge(group: &Group, edge: &Edge) -> String {
    let member = |id: Id| group.members.iter().find(|member| member.id() == id);
    let ((from, tail), (to, head)) = (end(member(edge.from), false), end(member(edge.to), true));
    let mut attributes = Vec::new();
    attributes.extend(tail.map(|id| format!("ltail=cluster_{id}")));
    attributes.extend(head.map(|id| format!("lhead=cluster_{id}")));
    attributes.extend(edge.label.as_deref().map(|label| format!("label={}", quote(label))));
    match edge.way {
        EdgeWay::On => {}
        EdgeWay::Back => attributes.push("style=dashed, constraint=false".to_owned()),
        EdgeWay::Failed => attributes.push("style=dashed".to_owned()),
    }
    let color = if group.is_faint(edge) { Some(FAINT) } else { (edge.way == EdgeWay::Failed).then_some(FAILURE) };
    attributes.extend(color.map(|color| format!("color=\"{color}\", fontcolor=\"{color}\"")));
    let attributes = if attributes.is_empty() { String::new() } else { format!(" [{}]", attributes.join(", ")) };
    format!("n{from} -> n{to}{attributes};")
}

/// Graphviz knows no edges to boxes: they lead to something in it, and are cut at its border.
fn end(member: Option<&Member>, first: bool) -> (Id, Option<Id>) {
    match member {
        Some(Member::Group(group)) => {
            let inner = if first { group.members.first() } else { group.members.last() };
            (end(inner, first).0, Some(group.id))
        }
        Some(Member::Shape(shape)) => (shape.id, None),
        None => (0, None),
    }
}

fn label(text: &Text) -> String {
    quote(&text.title.iter().chain(&text.notes).map(String::as_str).collect::<Vec<_>>().join("\n"))
}

/// A label whose lines begin at the left: each ends with Graphviz's `\l`.
fn left(text: &Text) -> String {
    let lines = text.title.iter().chain(&text.notes).map(|line| escape(line) + "\\l");
    format!("\"{}\"", lines.collect::<String>())
}

fn quote(text: &str) -> String {
    format!("\"{}\"", escape(text))
}

/// What stands in a string of DOT. A backslash in a label begins one of Graphviz's own escapes, so it is doubled.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            // Graphviz decodes HTML's entities in strings.
            '&' => escaped.push_str("&amp;"),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn line(text: &mut String, depth: usize, content: &str) {
    _ = writeln!(text, "{:1$}{content}", "", depth * 4);
}

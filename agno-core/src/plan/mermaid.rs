//! A plan as a Mermaid flowchart.

use std::fmt::Write as _;

use super::{
    Plan,
    graph::{Edge, EdgeWay, Form, Group, Member, Shape, Text, draw},
    outline::Outline,
    overlay::Overlay,
    tone::{Paint, Tone},
};

impl Plan {
    /// The plan as a [Mermaid](https://mermaid.js.org) flowchart, which GitHub and many editors draw in Markdown.
    #[must_use]
    pub fn mermaid(&self) -> String {
        write(&draw(&Outline::new(self), None))
    }
}

impl Overlay<'_> {
    /// The plan as a Mermaid flowchart, coloured by what became of each node.
    #[must_use]
    pub fn mermaid(&self) -> String {
        write(&draw(&self.outline, Some(self)))
    }
}

fn write(picture: &Group) -> String {
    // The title is YAML, of which JSON is a part.
    let about = picture.text.notes.iter().skip(1).cloned();
    let title = serde_json::Value::from([picture.text.title.join(" ")].into_iter().chain(about).collect::<Vec<_>>().join(" · "));
    let mut text = format!("---\ntitle: {title}\n---\nflowchart TD\n");
    members(&mut text, picture, 1);
    for tone in picture.tones() {
        let Paint { fill, stroke, text: color, dashed, bold } = tone.paint();
        let dashes = if dashed { ",stroke-dasharray:4 3" } else { "" };
        let width = if bold { ",stroke-width:2px" } else { "" };
        line(&mut text, 1, &format!("classDef {} fill:{fill},stroke:{stroke},color:{color}{dashes}{width}", tone.name()));
    }
    text
}

fn members(text: &mut String, group: &Group, depth: usize) {
    for member in &group.members {
        match member {
            Member::Shape(shape) => self::shape(text, shape, depth),
            Member::Group(inner) => {
                line(text, depth, &format!("subgraph n{}[\"{}\"]", inner.id, label(&inner.text)));
                line(text, depth + 1, "direction TB");
                members(text, inner, depth + 1);
                line(text, depth, "end");
                line(text, depth, &format!("class n{} {}", inner.id, Tone::of_group(&inner.text).name()));
            }
        }
    }
    for edge in &group.edges {
        line(text, depth, &self::edge(edge));
    }
}

fn shape(text: &mut String, shape: &Shape, depth: usize) {
    let label = label(&shape.text);
    let (open, close) = match shape.form {
        Form::Input | Form::Output => ("([", "])"),
        Form::Step => ("[", "]"),
        Form::Map | Form::Nothing => ("(", ")"),
        Form::Decision => ("{", "}"),
        Form::Ask => ("[/", "/]"),
        Form::Sleep => ("{{", "}}"),
        Form::Again => ("[[", "]]"),
        Form::Fallback => (">", "]"),
        Form::Merge => ("((", "))"),
    };
    // Mermaid has no shape without text.
    let label = if label.is_empty() { " ".to_owned() } else { label };
    let class = Tone::of(shape.form, &shape.text).name();
    line(text, depth, &format!("n{}{open}\"{label}\"{close}:::{class}", shape.id));
}

fn edge(edge: &Edge) -> String {
    let arrow = match edge.way {
        EdgeWay::On => "-->",
        EdgeWay::Back | EdgeWay::Failed => "-.->",
    };
    let label = edge.label.as_deref().map(|label| format!("|\"{}\"|", escape(label))).unwrap_or_default();
    format!("n{} {arrow}{label} n{}", edge.from, edge.to)
}

fn label(text: &Text) -> String {
    text.title.iter().chain(&text.notes).map(|line| escape(line)).collect::<Vec<_>>().join("<br/>")
}

/// Whatever Mermaid, its Markdown or HTML could take for something else is written as its number.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            ' ' | ',' | '.' | ':' | '=' | '?' | '!' | '(' | ')' | '/' | '-' | '+' => escaped.push(letter),
            letter if letter.is_alphanumeric() || !letter.is_ascii() => escaped.push(letter),
            // Writing into a `String` cannot fail.
            letter => _ = write!(escaped, "#{};", u32::from(letter)),
        }
    }
    escaped
}

fn line(text: &mut String, depth: usize, content: &str) {
    _ = writeln!(text, "{:1$}{content}", "", depth * 4);
}

//! Writes a picture that is laid out.

use std::fmt::{self, Write as _};

use super::layout::{Area, Laid, LaidEdge, LaidShape, NOTE, NOTE_LINE, PADDING, Point, SIGN, TITLE, TITLE_LINE, label_size, text_size};
use crate::plan::{
    graph::{EdgeWay, Form, GroupForm, Text},
    tone::{EDGE, FAILURE, FAINT, Paint, Tone},
};

const FONT: &str = "Helvetica, Arial, 'Liberation Sans', sans-serif";
/// Round the whole picture.
const MARGIN: f64 = 4.0;

/// The picture as a document.
pub(super) fn draw(picture: &Laid) -> String {
    let mut svg = Svg(String::new());
    svg.document(picture).expect("a string takes whatever is written");
    svg.0
}

struct Svg(String);

/// Text in XML. What XML has no way to say becomes a replacement character.
struct Escaped<'e>(&'e str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(letter)?,
                '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                letter if letter.is_control() => f.write_char('\u{fffd}')?,
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

impl Svg {
    fn document(&mut self, picture: &Laid) -> fmt::Result {
        let (width, height) = (picture.area.width + 2.0 * MARGIN, picture.area.height + 2.0 * MARGIN);
        writeln!(
            self.0,
            r#"<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:.0}" height="{height:.0}" viewBox="{0:.1} {0:.1} {width:.1} {height:.1}" font-family="{FONT}">"#,
            -MARGIN
        )?;
        let name = picture.text.title.join(" ");
        writeln!(self.0, "<title>{}</title>", Escaped(&name))?;
        if let Some(doc) = &picture.text.tooltip {
            writeln!(self.0, "<desc>{}</desc>", Escaped(doc))?;
        }
        self.0.write_str("<defs>\n")?;
        for (id, color) in [("agno-on", EDGE), ("agno-failed", FAILURE), ("agno-faint", FAINT)] {
            writeln!(
                self.0,
                r#"<marker id="{id}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 1 10 5 0 9z" fill="{color}"/></marker>"#
            )?;
        }
        self.0.write_str("</defs>\n")?;
        writeln!(self.0, r##"<rect x="{0:.1}" y="{0:.1}" width="{width:.1}" height="{height:.1}" rx="8" fill="#ffffff"/>"##, -MARGIN)?;
        self.content(picture)?;
        self.0.write_str("</svg>\n")
    }

    fn content(&mut self, group: &Laid) -> fmt::Result {
        let Laid { area, form: _, text, shapes, groups, edges } = group;
        let at = Point { x: area.x + PADDING, y: area.y + PADDING - 4.0 };
        self.text(text, at, "start", Tone::of_group(text).paint().text)?;
        // Boxes first: an edge that ends at a border is seen whole.
        groups.iter().try_for_each(|inner| self.group(inner))?;
        edges.iter().try_for_each(|edge| self.edge(edge))?;
        shapes.iter().try_for_each(|shape| self.shape(shape))?;
        edges.iter().try_for_each(|edge| self.edge_label(edge))
    }

    fn group(&mut self, group: &Laid) -> fmt::Result {
        let Paint { fill, stroke, dashed, bold, .. } = Tone::of_group(&group.text).paint();
        self.open(&group.text)?;
        let Area { x, y, width, height } = group.area;
        // What runs for each item is a stack of boxes; a nested workflow has a frame.
        if group.form == GroupForm::Each {
            let (x, y) = (x + 5.0, y + 5.0);
            self.rect(Area { x, y, width, height }, 8.0, Outline { fill: "#f8fafc", stroke, dashed, bold: false })?;
        }
        let fill = if group.text.state.is_some() { tint(fill) } else { "#fcfdff" };
        self.rect(group.area, 8.0, Outline { fill, stroke, dashed, bold })?;
        if group.form == GroupForm::Workflow {
            let inner = Area { x: x + 3.5, y: y + 3.5, width: width - 7.0, height: height - 7.0 };
            self.rect(inner, 6.0, Outline { fill: "none", stroke, dashed, bold: false })?;
        }
        self.content(group)?;
        self.0.write_str("</g>\n")
    }

    fn shape(&mut self, shape: &LaidShape) -> fmt::Result {
        let LaidShape { area, form, text } = shape;
        let Paint { fill, stroke, text: color, dashed, bold } = Tone::of(*form, text).paint();
        let outline = Outline { fill, stroke, dashed, bold };
        let Area { x, y, width, height } = *area;
        let middle = Point { x: x + width / 2.0, y: y + height / 2.0 };
        if *form == Form::Merge {
            return writeln!(self.0, r#"<circle cx="{:.1}" cy="{:.1}" r="5" fill="{EDGE}"/>"#, middle.x, middle.y);
        }
        self.open(text)?;
        match form {
            Form::Decision => {
                let corners = format!(
                    "{:.1},{y:.1} {:.1},{:.1} {:.1},{:.1} {x:.1},{:.1}",
                    middle.x,
                    x + width,
                    middle.y,
                    middle.x,
                    y + height,
                    middle.y
                );
                writeln!(self.0, r#"<polygon points="{corners}"{outline}/>"#)?;
            }
            Form::Input | Form::Output | Form::Nothing => self.rect(*area, height / 2.0, outline)?,
            Form::Map => self.rect(*area, height / 2.0, outline)?,
            Form::Ask => {
                self.rect(*area, 10.0, outline)?;
                self.bubble(Point { x: x + 10.0, y: middle.y - 8.0 }, stroke)?;
            }
            Form::Sleep => {
                self.rect(*area, 10.0, outline)?;
                self.clock(Point { x: x + 10.0 + 8.0, y: middle.y }, stroke)?;
            }
            Form::Again => {
                self.rect(*area, 5.0, outline)?;
                let inner = Area { x: x + 3.5, y: y + 3.5, width: width - 7.0, height: height - 7.0 };
                self.rect(inner, 3.0, Outline { fill: "none", ..outline })?;
            }
            Form::Step | Form::Fallback | Form::Merge => self.rect(*area, 5.0, outline)?,
        }
        let sign = if matches!(form, Form::Ask | Form::Sleep) { SIGN / 2.0 } else { 0.0 };
        let (_, text_height) = text_size(text);
        self.text(text, Point { x: middle.x + sign, y: middle.y - text_height / 2.0 }, "middle", color)?;
        self.0.write_str("</g>\n")
    }

    /// A speech bubble with a question mark, 16 wide.
    fn bubble(&mut self, Point { x, y }: Point, color: &str) -> fmt::Result {
        writeln!(
            self.0,
            r##"<path d="M{:.1} {:.1}h11a2.5 2.5 0 0 1 2.5 2.5v6a2.5 2.5 0 0 1 -2.5 2.5h-6l-4 4v-4h-1a2.5 2.5 0 0 1 -2.5 -2.5v-6a2.5 2.5 0 0 1 2.5 -2.5z" fill="#ffffff" stroke="{color}" stroke-width="1.2"/>"##,
            x + 2.5,
            y
        )?;
        writeln!(
            self.0,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle" font-size="10" font-weight="bold" fill="{color}">?</text>"#,
            x + 8.0,
            y + 9.2
        )
    }

    /// A clock, 16 wide.
    fn clock(&mut self, Point { x, y }: Point, color: &str) -> fmt::Result {
        writeln!(
            self.0,
            r##"<circle cx="{x:.1}" cy="{y:.1}" r="7.5" fill="#ffffff" stroke="{color}" stroke-width="1.2"/><path d="M{x:.1} {:.1}V{y:.1}h3.5" fill="none" stroke="{color}" stroke-width="1.2"/>"##,
            y - 5.0
        )
    }

    fn open(&mut self, text: &Text) -> fmt::Result {
        self.0.write_str("<g>")?;
        match &text.tooltip {
            Some(tooltip) => writeln!(self.0, "<title>{}</title>", Escaped(tooltip)),
            None => writeln!(self.0),
        }
    }

    fn rect(&mut self, Area { x, y, width, height }: Area, radius: f64, outline: Outline) -> fmt::Result {
        writeln!(self.0, r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="{radius:.1}"{outline}/>"#)
    }

    /// Titles and notes, one line under the other; `at` is the top.
    fn text(&mut self, text: &Text, at: Point, anchor: &str, color: &str) -> fmt::Result {
        let mut y = at.y;
        let titles = text.title.iter().map(|line| (line, TITLE, TITLE_LINE, "600", "1"));
        let notes = text.notes.iter().map(|line| (line, NOTE, NOTE_LINE, "400", "0.8"));
        for (line, size, height, weight, opacity) in titles.chain(notes) {
            writeln!(
                self.0,
                r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" fill="{color}" fill-opacity="{opacity}">{}</text>"#,
                at.x,
                y + height * 0.76,
                Escaped(line)
            )?;
            y += height;
        }
        Ok(())
    }

    fn edge(&mut self, edge: &LaidEdge) -> fmt::Result {
        let (color, marker) = match (edge.is_faint, edge.way) {
            (true, _) => (FAINT, "agno-faint"),
            (false, EdgeWay::Failed) => (FAILURE, "agno-failed"),
            (false, EdgeWay::On | EdgeWay::Back) => (EDGE, "agno-on"),
        };
        let dashes = if edge.way == EdgeWay::On { "" } else { r#" stroke-dasharray="5 3""# };
        writeln!(
            self.0,
            r#"<path d="{}" fill="none" stroke="{color}" stroke-width="1.3"{dashes} marker-end="url(#{marker})"/>"#,
            curve(&edge.points)
        )
    }

    fn edge_label(&mut self, edge: &LaidEdge) -> fmt::Result {
        let Some((label, Point { x, y })) = &edge.label else { return Ok(()) };
        let color = match (edge.is_faint, edge.way) {
            (true, _) => "#94a3b8",
            (false, EdgeWay::Failed) => FAILURE,
            (false, EdgeWay::On | EdgeWay::Back) => "#475569",
        };
        let (width, height) = label_size(label);
        writeln!(
            self.0,
            r##"<rect x="{:.1}" y="{:.1}" width="{width:.1}" height="{height:.1}" rx="4" fill="#ffffff"/>"##,
            x - width / 2.0,
            y - height / 2.0
        )?;
        writeln!(
            self.0,
            r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle" font-size="{NOTE}" fill="{color}">{}</text>"#,
            y + NOTE * 0.35,
            Escaped(label)
        )
    }
}

/// How a shape is filled and lined.
#[derive(Clone, Copy)]
struct Outline {
    fill: &'static str,
    stroke: &'static str,
    dashed: bool,
    bold: bool,
}

impl fmt::Display for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fill, stroke, dashed, bold } = self;
        let width = if *bold { 2.0 } else { 1.2 };
        write!(f, r#" fill="{fill}" stroke="{stroke}" stroke-width="{width}""#)?;
        if *dashed {
            f.write_str(r#" stroke-dasharray="4 3""#)?;
        }
        Ok(())
    }
}

/// A box is a little paler than a shape of the same state.
fn tint(fill: &'static str) -> &'static str {
    match fill {
        "#dcfce7" => "#f5fef8",
        "#fee2e2" => "#fef6f6",
        "#dbeafe" => "#f5f9ff",
        "#fae8ff" => "#fdf7ff",
        "#fef3c7" => "#fffcf2",
        other => other,
    }
}

/// A smooth line through points: a B-spline that begins and ends in the outer ones.
fn curve(points: &[Point]) -> String {
    let [first, .., last] = points else { return String::new() };
    let mut path = format!("M{:.1} {:.1}", first.x, first.y);
    if points.len() == 2 {
        _ = write!(path, "L{:.1} {:.1}", last.x, last.y);
        return path;
    }
    let mix = |a: Point, b: Point, part: f64| Point { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
    let start = mix(*first, points[1], 1.0 / 6.0);
    _ = write!(path, "L{:.1} {:.1}", start.x, start.y);
    for three in points.windows(3) {
        let [a, b, c] = [three[0], three[1], three[2]];
        let (one, two) = (mix(a, b, 1.0 / 3.0), mix(a, b, 2.0 / 3.0));
        let end = Point { x: (a.x + 4.0 * b.x + c.x) / 6.0, y: (a.y + 4.0 * b.y + c.y) / 6.0 };
        _ = write!(path, "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}", one.x, one.y, two.x, two.y, end.x, end.y);
    }
    _ = write!(path, "L{:.1} {:.1}", last.x, last.y);
    path
}

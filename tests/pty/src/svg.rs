//! A film of a terminal, as an animated SVG.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::{self, Write as _},
};

/// The width and height of a letter's place.
const CELL: (f64, u32) = (8.4, 18);

/// Round the screen.
const MARGIN: u32 = 14;

/// What is on a screen, row by row, as SVG text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture(Vec<String>);

impl Picture {
    /// Reads a screen.
    #[must_use]
    pub fn of(screen: &vt100::Screen) -> Self {
        let (rows, columns) = screen.size();
        let mut lines: Vec<String> = (0..rows.get()).map(|row| line(screen, row, columns.get())).collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        Self(lines)
    }

    /// Whether nothing is on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Letters of one style that stand side by side.
#[derive(Default)]
struct Run {
    column: u16,
    class: String,
    text: String,
}

impl Run {
    fn write(&self, line: &mut String) {
        if self.text.trim().is_empty() {
            return;
        }
        let x = f64::from(self.column) * CELL.0;
        let class = if self.class.is_empty() { String::new() } else { format!(" class=\"{}\"", self.class) };
        // Writing into a `String` cannot fail.
        _ = write!(line, "<tspan x=\"{x:.1}\"{class}>{}</tspan>", escaped(self.text.trim_end()));
    }
}

fn line(screen: &vt100::Screen, row: u16, columns: u16) -> String {
    let mut line = String::new();
    let mut run = Run::default();
    for column in 0..columns {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let class = class(cell);
        if class != run.class {
            run.write(&mut line);
            run = Run { column, class, text: String::new() };
        }
        run.text.push_str(if cell.has_contents() { cell.contents() } else { " " });
    }
    run.write(&mut line);
    line
}

fn class(cell: &vt100::Cell) -> String {
    let color = match cell.fgcolor() {
        vt100::Color::Idx(index @ 1..=6) => Some(["red", "green", "yellow", "blue", "magenta", "cyan"][usize::from(index) - 1]),
        _ => None,
    };
    let styles = [(cell.bold(), "bold"), (cell.dim(), "dim"), (cell.underline(), "under")];
    let styles = styles.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| *name);
    color.into_iter().chain(styles).collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Pictures, each from a time on.
#[derive(Debug)]
pub struct Film {
    size: (u16, u16),
    pictures: Vec<(u64, Picture)>,
}

impl Film {
    /// A film of a terminal of so many columns and rows.
    #[must_use]
    pub fn new(size: (u16, u16)) -> Self {
        Self { size, pictures: Vec::new() }
    }

    /// How many pictures there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pictures.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pictures.is_empty()
    }

    /// Adds what is to be seen from a time on, in milliseconds.
    pub fn add(&mut self, at: u64, picture: Picture) {
        if self.pictures.last().is_none_or(|(_, last)| *last != picture) {
            self.pictures.push((at, picture));
        }
    }

    /// The film as SVG; the last picture stays for `last` milliseconds, and is what those see who want no motion.
    #[must_use]
    pub fn draw(&self, last: u64) -> impl fmt::Display + use<'_> {
        fmt::from_fn(move |f| self.write(f, last))
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, last: u64) -> fmt::Result {
        let (columns, rows) = (u32::from(self.size.0), u32::from(self.size.1));
        let inner = f64::from(columns) * CELL.0;
        let (width, height) = (inner + f64::from(2 * MARGIN), rows * CELL.1 + 2 * MARGIN);
        writeln!(
            f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xml:space=\"preserve\" viewBox=\"0 0 {width:.0} {height}\" width=\"{width:.0}\" height=\"{height}\">"
        )?;
        self.write_style(f, last, height)?;
        writeln!(f, "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>")?;
        writeln!(f, "<svg x=\"{MARGIN}\" y=\"{MARGIN}\" width=\"{inner:.0}\" height=\"{}\">", rows * CELL.1)?;
        self.write_pictures(f, height)?;
        writeln!(f, "</svg>\n</svg>")
    }

    /// The pictures stand below one another, and the whole is moved up, step by step.
    fn write_style(&self, f: &mut fmt::Formatter<'_>, last: u64, height: u32) -> fmt::Result {
        let end = self.pictures.last().map_or(0, |(at, _)| *at) + last;
        let bottom = self.pictures.len().saturating_sub(1);
        let move_to = |picture: usize| format!("transform:translateY(-{}px)", picture as u64 * u64::from(height));
        writeln!(f, "<style>")?;
        writeln!(
            f,
            "text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d7dae0;white-space:pre}}"
        )?;
        writeln!(f, ".bold{{font-weight:700}}.dim{{fill:#7f8694}}.under{{text-decoration:underline}}")?;
        writeln!(
            f,
            ".red{{fill:#f07178}}.green{{fill:#8fce72}}.yellow{{fill:#e6c06f}}.blue{{fill:#6fb1f0}}.magenta{{fill:#c792ea}}.cyan{{fill:#62c8d8}}"
        )?;
        writeln!(f, "#film{{{};animation:film {end}ms steps(1,end) infinite}}", move_to(bottom))?;
        writeln!(f, "@media (prefers-reduced-motion:reduce){{#film{{animation:none}}}}")?;
        writeln!(f, "@keyframes film{{")?;
        for (index, (at, _)) in self.pictures.iter().enumerate() {
            writeln!(f, "{:.2}%{{{}}}", *at as f64 * 100.0 / end as f64, move_to(index))?;
        }
        writeln!(f, "100%{{{}}}\n}}\n</style>", move_to(bottom))
    }

    /// A line that is in many pictures is written once.
    fn write_pictures(&self, f: &mut fmt::Formatter<'_>, height: u32) -> fmt::Result {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for line in self.pictures.iter().flat_map(|(_, picture)| &picture.0).filter(|line| !line.is_empty()) {
            *counts.entry(line).or_default() += 1;
        }
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        writeln!(f, "<defs>")?;
        for line in counts.into_iter().filter(|(_, count)| *count > 1).map(|(line, _)| line).collect::<std::collections::BTreeSet<_>>() {
            let name = names.len();
            names.insert(line, name);
            writeln!(f, "<text id=\"l{name}\">{line}</text>")?;
        }
        writeln!(f, "</defs>\n<g id=\"film\">")?;
        for (index, (_, picture)) in self.pictures.iter().enumerate() {
            for (row, line) in picture.0.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
                let y = index as u64 * u64::from(height) + (row as u64 + 1) * u64::from(CELL.1) - 5;
                match names.get(line.as_str()) {
                    Some(name) => writeln!(f, "<use href=\"#l{name}\" y=\"{y}\"/>")?,
                    None => writeln!(f, "<text y=\"{y}\">{line}</text>")?,
                }
            }
        }
        writeln!(f, "</g>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(text: &str) -> Picture {
        let size = |size| std::num::NonZero::new(size).expect("a size");
        let mut parser = vt100::Parser::new(size(3), size(20), 0);
        parser.process(text.as_bytes());
        Picture::of(parser.screen())
    }

    #[test]
    fn letters_keep_their_places_and_styles() {
        let expected = "<tspan x=\"0.0\">a &lt;</tspan><tspan x=\"25.2\" class=\"red bold\">b</tspan><tspan x=\"33.6\">日c</tspan>";
        assert_eq!(picture("a <\x1b[1;31mb\x1b[0m日c\r\n\r\n").0, [expected]);
        assert!(picture("\x1b[2J").is_empty());
    }

    #[test]
    fn a_line_that_stays_is_written_once() {
        let mut film = Film::new((20, 3));
        film.add(0, picture("one"));
        film.add(50, picture("one"));
        film.add(100, picture("one\r\ntwo"));
        assert_eq!(film.len(), 2, "nothing has changed in between");
        let text = film.draw(900).to_string();
        assert_eq!((text.matches(">one<").count(), text.matches(">two<").count()), (1, 1), "{text}");
        assert!(text.contains("10.00%{transform:translateY(-82px)}") && text.contains("film 1000ms"), "{text}");
    }
}

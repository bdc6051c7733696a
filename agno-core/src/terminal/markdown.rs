//! Markdown as lines of a terminal.

use anstyle::Style;
use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::text::{ACCENT, DIM, Line, PLAIN, STRONG, clean};

/// Draws Markdown in at most `width` columns. Code and tables keep their lines.
pub(super) fn markdown(text: &str, width: usize) -> Vec<Line> {
    let text = clean(text);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut page = Page { width, ..Page::default() };
    for event in Parser::new_ext(&text, options) {
        page.event(event);
    }
    page.end_paragraph();
    while page.lines.last().is_some_and(|line| line.width() == 0) {
        page.lines.pop();
    }
    page.lines
}

/// What has been drawn, and what is open.
#[derive(Default)]
struct Page {
    width: usize,
    lines: Vec<Line>,
    /// The text of the paragraph, heading or item that is open.
    open: Line,
    /// The styles of what is open in it, outermost first.
    styles: Vec<Style>,
    /// What stands before each line: marks of quotes, indents of lists.
    before: Vec<Before>,
    /// The numbers of lists that are open; `None`: bullets.
    lists: Vec<Option<u64>>,
    code: bool,
    table: Option<Table>,
    /// The address of the link that is open.
    link: Option<String>,
}

/// What stands before the lines of a block.
struct Before {
    /// Of its first line, until that is drawn.
    first: Option<Line>,
    others: Line,
}

#[derive(Default)]
struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<Line>>,
}

impl Page {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.code => text.lines().for_each(|line| self.line(Line::styled(line, ACCENT))),
            Event::Text(text) | Event::InlineHtml(text) => self.push(&text),
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.styles.push(ACCENT);
                self.push(&text);
                self.styles.pop();
            }
            Event::Html(text) => text.lines().for_each(|line| self.line(Line::new(line))),
            Event::SoftBreak => self.push(" "),
            Event::HardBreak => self.wrap_open(),
            Event::Rule => {
                self.space();
                self.line(Line::styled(&"─".repeat(self.left().min(40)), DIM));
            }
            Event::TaskListMarker(done) => self.push(if done { "[x] " } else { "[ ] " }),
            Event::FootnoteReference(name) => self.push(&format!("[{name}]")),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            // The first paragraph of an item stands beside its mark.
            Tag::Paragraph if self.before.iter().any(|before| before.first.is_some()) => {}
            Tag::Paragraph => self.space(),
            Tag::Heading { level, .. } => {
                self.space();
                self.styles.push(if level == HeadingLevel::H1 { STRONG.underline() } else { STRONG });
            }
            Tag::BlockQuote(_) => {
                self.space();
                self.before.push(Before { first: None, others: Line::styled("│ ", DIM) });
            }
            Tag::CodeBlock(kind) => {
                self.end_paragraph();
                self.space();
                self.code = true;
                let indent = if matches!(kind, CodeBlockKind::Fenced(_)) { "  " } else { "    " };
                self.before.push(Before { first: None, others: Line::new(indent) });
            }
            Tag::List(first) => {
                self.end_paragraph();
                if self.lists.is_empty() {
                    self.space();
                }
                self.lists.push(first);
            }
            Tag::Item => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "• ".to_owned(),
                };
                let others = Line::new(&" ".repeat(mark.chars().count()));
                self.before.push(Before { first: Some(Line::styled(&mark, ACCENT)), others });
            }
            Tag::Emphasis => self.styles.push(Style::new().italic()),
            Tag::Strong => self.styles.push(STRONG),
            Tag::Strikethrough => self.styles.push(Style::new().strikethrough()),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.styles.push(Style::new().underline());
                self.link = Some(dest_url.to_string());
            }
            Tag::Table(alignments) => {
                self.space();
                self.table = Some(Table { alignments, rows: Vec::new() });
            }
            Tag::TableHead => {
                self.styles.push(STRONG);
                self.row();
            }
            Tag::TableRow => self.row(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.end_paragraph(),
            TagEnd::Heading(_) => {
                self.styles.pop();
                self.end_paragraph();
            }
            TagEnd::BlockQuote(_) => {
                self.end_paragraph();
                self.before.pop();
            }
            TagEnd::CodeBlock => {
                self.code = false;
                self.before.pop();
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item => {
                self.end_paragraph();
                // An item without text is a mark all the same.
                if self.before.last().is_some_and(|before| before.first.is_some()) {
                    self.line(Line::default());
                }
                self.before.pop();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link | TagEnd::Image => {
                self.styles.pop();
                let text: String = self.open.paint(false);
                if let Some(link) = self.link.take().filter(|link| !link.is_empty() && !link.starts_with('#') && !text.ends_with(&**link)) {
                    self.open.push(&format!(" ({link})"), DIM);
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.open);
                if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::TableHead => {
                self.styles.pop();
            }
            TagEnd::Table => self.end_table(),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        let style = self.styles.iter().fold(PLAIN, |style, inner| merged(style, *inner));
        self.open.push(text, style);
    }

    /// The columns that are left beside what stands before.
    fn left(&self) -> usize {
        let before: usize = self.before.iter().map(|before| before.others.width()).sum();
        self.width.saturating_sub(before).max(1)
    }

    fn wrap_open(&mut self) {
        for line in std::mem::take(&mut self.open).wrap(self.left()) {
            self.line(line);
        }
    }

    fn end_paragraph(&mut self) {
        if self.open.width() > 0 {
            self.wrap_open();
        }
    }

    /// A line, after what stands before it.
    fn line(&mut self, line: Line) {
        let mut whole = Line::default();
        for before in &mut self.before {
            whole.append(before.first.take().unwrap_or_else(|| before.others.clone()));
        }
        self.lines.push(whole.joined(line));
    }

    /// An empty line between blocks.
    fn space(&mut self) {
        self.end_paragraph();
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    fn row(&mut self) {
        if let Some(table) = &mut self.table {
            table.rows.push(Vec::new());
        }
    }

    fn end_table(&mut self) {
        let Some(Table { alignments, rows }) = self.table.take() else { return };
        let width_of = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(Line::width).max().unwrap_or_default();
        let widths: Vec<usize> = (0..alignments.len()).map(width_of).collect();
        for (index, row) in rows.into_iter().enumerate() {
            let mut line = Line::default();
            for (column, cell) in row.into_iter().enumerate() {
                let (Some(width), Some(alignment)) = (widths.get(column), alignments.get(column)) else { continue };
                let missing = width - cell.width();
                let left = match alignment {
                    Alignment::Right => missing,
                    Alignment::Center => missing / 2,
                    Alignment::Left | Alignment::None => 0,
                };
                line.push(if column == 0 { "" } else { " │ " }, DIM);
                line.push(&" ".repeat(left), PLAIN);
                line.append(cell);
                line.push(&" ".repeat(missing - left), PLAIN);
            }
            self.line(line);
            if index == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                self.line(Line::styled(&rule.join("─┼─"), DIM));
            }
        }
    }
}

/// A style in another one.
fn merged(outer: Style, inner: Style) -> Style {
    outer.fg_color(inner.get_fg_color().or(outer.get_fg_color())).effects(outer.get_effects() | inner.get_effects())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, width: usize) -> String {
        markdown(text, width).iter().map(|line| line.paint(false)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn paragraphs_are_joined_and_wrapped() {
        assert_eq!(drawn("# A *title*\n\none\ntwo **three**\nfour\n\n---", 10), "A title\n\none two\nthree four\n\n──────────");
    }

    #[test]
    fn lists_are_indented() {
        let text = "- one, which is long\n- two\n  1. inner\n  2. other\n\n     and more\n- [x] done";
        assert_eq!(drawn(text, 14), "• one, which\n  is long\n• two\n  1. inner\n  2. other\n\n     and more\n• [x] done");
    }

    #[test]
    fn code_and_quotes_keep_their_lines() {
        let text = "before\n```rust\nfn main() {\n\n    loop {}\n}\n```\n> quoted\n> text\n\nafter `code`";
        assert_eq!(drawn(text, 12), "before\n\n  fn main() {\n\n      loop {}\n  }\n\n│ quoted\n│ text\n\nafter code");
    }

    #[test]
    fn tables_have_columns() {
        let text = "| name | count |\n|:--|--:|\n| 日本 | 7 |\n| **x** | 1234 |";
        assert_eq!(drawn(text, 40), "name │ count\n─────┼──────\n日本 │     7\nx    │  1234");
    }

    #[test]
    fn links_show_where_they_lead() {
        assert_eq!(drawn("[here](https://a.example) <https://b.example>", 80), "here (https://a.example) https://b.example");
    }

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        assert_eq!(drawn("a \x1b[2Jb &#27;[31mc", 80), "a b [31mc", "also where Markdown spells it");
    }
}

//! Text for a terminal: spans with a style, lines of them, their width, and wrapping.
//!
//! What a run says is not to be trusted: a step's output may hold escape sequences that move the cursor, set the title or hide what follows. A
//! [`Span`] is made by [`clean`] alone, so nothing of that kind gets into a line. The only sequences that are written are those of the styles here.

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

pub(super) const PLAIN: Style = Style::new();
pub(super) const STRONG: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const WARN: Style = AnsiColor::Yellow.on_default();
pub(super) const ACCENT: Style = AnsiColor::Cyan.on_default();

/// The text without control characters, escape sequences and what turns the direction of writing; line breaks stay.
pub(super) fn clean(text: &str) -> String {
    if text.chars().all(is_shown) {
        return text.to_owned();
    }
    // A tab's width depends on where it stands, which a line that is wrapped and indented does not know.
    let text = text.replace('\t', "    ").replace("\r\n", "\n");
    let mut text = strip_ansi_escapes::strip_str(text);
    text.retain(is_shown);
    text
}

fn is_shown(letter: char) -> bool {
    match letter {
        '\n' => true,
        // They turn the order of letters, also of ours behind them. (Marks that only say which way a letter runs are part of the text.)
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        // They begin a new line on some terminals.
        '\u{2028}' | '\u{2029}' => false,
        other => !other.is_control(),
    }
}

/// A piece of a line. It has no line breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    text: String,
    style: Style,
}

impl Span {
    pub(super) fn new(text: &str, style: Style) -> Self {
        Self { text: clean(text).replace('\n', " "), style }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

/// A line, of pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line(Vec<Span>);

impl Line {
    pub(super) fn new(text: &str) -> Self {
        Self::default().with(text, PLAIN)
    }

    pub(super) fn styled(text: &str, style: Style) -> Self {
        Self::default().with(text, style)
    }

    /// The line with a piece more.
    pub(super) fn with(mut self, text: &str, style: Style) -> Self {
        self.push(text, style);
        self
    }

    pub(super) fn push(&mut self, text: &str, style: Style) {
        if !text.is_empty() {
            self.0.push(Span::new(text, style));
        }
    }

    pub(super) fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn joined(mut self, other: Self) -> Self {
        self.append(other);
        self
    }

    /// The columns that it takes.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(Span::width).sum()
    }

    /// As it is written to a terminal, or to something else.
    pub(super) fn paint(&self, color: bool) -> String {
        let mut text = String::new();
        for pieces in self.0.chunk_by(|one, next| one.style == next.style) {
            let style = pieces[0].style;
            let pieces: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
            if color && style != PLAIN {
                text.push_str(&format!("{style}{pieces}{style:#}"));
            } else {
                text.push_str(&pieces);
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text
    }

    /// What fits into `width` columns, with `…` where something is missing.
    pub(super) fn cut(self, width: usize) -> Self {
        if self.width() <= width {
            return self;
        }
        let mut left = width.saturating_sub(1);
        let mut cut = Self::default();
        for Span { text, style } in self.0 {
            let fits = fitting(&text, left);
            let whole = fits == text.len();
            // A letter and what changes its look may be wider together than each by itself.
            left = left.saturating_sub(text[..fits].width());
            cut.0.push(Span { text: text[..fits].to_owned(), style });
            if !whole {
                break;
            }
        }
        cut.push(if width > 0 { "…" } else { "" }, DIM);
        cut
    }

    /// The line in lines of at most `width` columns, broken between words; words that are longer are broken inside.
    pub(super) fn wrap(&self, width: usize) -> Vec<Self> {
        let width = width.max(1);
        let mut lines = vec![Self::default()];
        let mut used = 0;
        for word in self.words() {
            let needed: usize = word.iter().map(Span::width).sum();
            let is_space = word.iter().all(|span| span.text.chars().all(|letter| letter == ' '));
            if used + needed > width && used > 0 {
                lines.push(Self::default());
                used = 0;
                if is_space {
                    continue;
                }
            }
            for Span { text, style } in word {
                let mut rest = text.as_str();
                while used + rest.width() > width {
                    let fits = fitting(rest, width - used);
                    // A letter that is wider than the line goes in all the same, else this would not end.
                    let fits = if fits == 0 && used == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { fits };
                    last(&mut lines).0.push(Span { text: rest[..fits].to_owned(), style });
                    rest = &rest[fits..];
                    lines.push(Self::default());
                    used = 0;
                }
                used += rest.width();
                last(&mut lines).0.push(Span { text: rest.to_owned(), style });
            }
        }
        if lines.len() > 1 && last(&mut lines).width() == 0 {
            lines.pop();
        }
        lines
    }

    /// The words and the spaces between them. A word may be of several pieces: `**bold**,`.
    fn words(&self) -> Vec<Vec<Span>> {
        let mut words: Vec<Vec<Span>> = Vec::new();
        let mut in_space = None;
        for Span { text, style } in &self.0 {
            let mut rest = text.as_str();
            while let Some(first) = rest.chars().next() {
                let is_space = first == ' ';
                let end = rest.find(|letter: char| (letter == ' ') != is_space).unwrap_or(rest.len());
                let piece = Span { text: rest[..end].to_owned(), style: *style };
                rest = &rest[end..];
                match words.last_mut() {
                    Some(word) if in_space == Some(is_space) => word.push(piece),
                    _ => words.push(vec![piece]),
                }
                in_space = Some(is_space);
            }
        }
        words
    }
}

/// The last of lines that are never empty.
fn last(lines: &mut Vec<Line>) -> &mut Line {
    if lines.is_empty() {
        lines.push(Line::default());
    }
    let index = lines.len() - 1;
    &mut lines[index]
}

/// How many bytes of the text fit into `width` columns.
fn fitting(text: &str, width: usize) -> usize {
    let mut used = 0;
    for (index, letter) in text.char_indices() {
        used += letter.width().unwrap_or_default();
        if used > width {
            return index;
        }
    }
    text.len()
}

/// The text in lines, wrapped to `width` columns.
pub(super) fn wrapped(text: &str, style: Style, width: usize) -> Vec<Line> {
    clean(text).split('\n').flat_map(|line| Line::styled(line.trim_end(), style).wrap(width)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        assert_eq!(clean("a\x1b[31mb\x1b[0mc"), "abc");
        assert_eq!(clean("a\x1b]0;title\x07b"), "ab", "a title");
        assert_eq!(clean("a\x1b]8;;https://example.org\x1b\\b"), "ab", "a link");
        assert_eq!(clean("bell\x07 back\x08 null\0 del\x7f"), "bell back null del");
        assert_eq!(clean("c1 \u{9b}31m"), "c1 31m");
        assert_eq!(clean("turned \u{202e}txt.exe"), "turned txt.exe");
        assert_eq!(clean("over\rwritten\r\nnext\tcolumn"), "overwritten\nnext    column");
        assert_eq!(clean("never ends \x1b]0;"), "never ends ");
    }

    #[test]
    fn letters_of_all_widths_are_text() {
        let text = "naïve 日本語 👩‍👩‍👧 é";
        assert_eq!(clean(text), text);
        assert_eq!(Line::new("日本語").width(), 6);
    }

    #[test]
    fn a_line_is_cut_between_letters() {
        assert_eq!(Line::new("日本語").cut(5).paint(false), "日本…");
        assert_eq!(Line::new("日本語").cut(4).paint(false), "日…");
        assert_eq!(Line::new("ab").with("cdef", DIM).cut(4).paint(false), "abc…");
        assert_eq!(Line::new("abcd").cut(4).paint(false), "abcd");
        assert_eq!(Line::new("abcd").cut(0).paint(false), "");
        assert_eq!(Line::new("❤\u{fe0f}❤\u{fe0f}").cut(2).paint(false), "❤\u{fe0f}…");
    }

    fn wrap(text: &str, width: usize) -> Vec<String> {
        wrapped(text, PLAIN, width).iter().map(|line| line.paint(false)).collect()
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("one two three", 3), ["one", "two", "thr", "ee"]);
        assert_eq!(wrap("日本語 日本語", 6), ["日本語", "日本語"]);
        assert_eq!(wrap("日本", 1), ["日", "本"], "wider than the line");
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("", 9), [""]);
    }

    #[test]
    fn a_word_of_two_styles_is_one_word() {
        let line = Line::new("say ").with("hello", STRONG).with(", you", PLAIN);
        let lines: Vec<_> = line.wrap(8).iter().map(|line| line.paint(false)).collect();
        assert_eq!(lines, ["say", "hello,", "you"]);
    }

    #[test]
    fn colour_is_all_or_nothing() {
        let line = Line::new("a ").with("b", GOOD).with("c", GOOD);
        assert_eq!(line.paint(false), "a bc");
        assert_eq!(line.paint(true), "a \u{1b}[32mbc\u{1b}[0m");
    }
}

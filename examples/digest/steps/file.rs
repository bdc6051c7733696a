//! From a file to sections and links.

use std::{fmt, io, path::Path};

use agno::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::sentences::sentences_of;
use crate::model::{File, Form, Link, Section, Source, Text};

/// Words in a part of a text that has no headings.
const PART: usize = 400;

/// Why a file cannot be read.
#[derive(Debug)]
pub enum ReadError {
    /// The file system says no.
    Io { path: String, error: io::Error },
    /// The bytes are no text.
    NotText { path: String, offset: usize, byte: u8 },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => write!(f, "`{path}` cannot be read: {error}"),
            Self::NotText { path, offset, byte } => {
                write!(f, "`{path}` is no UTF-8 text: byte {offset} is 0x{byte:02x}; convert the file to UTF-8 first")
            }
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads the file.
#[step(blocking)]
pub fn read(source: &Source) -> Result<File, ReadError> {
    let path = source.path.clone();
    match std::fs::read(&path) {
        Ok(bytes) => text_of(path, bytes),
        Err(error) => Err(ReadError::Io { path, error }),
    }
}

fn text_of(path: String, bytes: Vec<u8>) -> Result<File, ReadError> {
    match String::from_utf8(bytes) {
        Ok(content) => Ok(File { path, content }),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            Err(ReadError::NotText { path, offset, byte: error.as_bytes()[offset] })
        }
    }
}

/// How the file is to be read, by its name.
#[step]
pub fn form(file: &File) -> Form {
    let extension = Path::new(&file.path).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if ["md", "markdown", "mdx"].iter().any(|known| extension.eq_ignore_ascii_case(known)) { Form::Markdown } else { Form::Plain }
}

/// Reads Markdown.
#[step]
pub fn parse_markdown(file: &File) -> Text {
    let mut markdown = Markdown::default();
    for event in Parser::new_ext(&file.content, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH) {
        markdown.read(event);
    }
    markdown.finish()
}

/// What has been read of a Markdown file.
#[derive(Default)]
struct Markdown {
    text: Text,
    section: Section,
    in_heading: bool,
    /// In code or a table, which are no prose.
    in_data: bool,
    /// Links that are open; an image may stand inside of a link.
    open: Vec<Link>,
}

impl Markdown {
    fn read(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                self.end_section();
                self.section.level = level as u8;
                self.in_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => self.in_heading = false,
            Event::Start(Tag::CodeBlock(_) | Tag::Table(_)) => self.in_data = true,
            Event::End(TagEnd::CodeBlock | TagEnd::Table) => self.in_data = false,
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                self.open.push(Link { text: String::new(), target: dest_url.into_string() });
            }
            Event::End(TagEnd::Link | TagEnd::Image) => self.text.links.extend(self.open.pop()),
            Event::Text(text) | Event::Code(text) => self.push(&text),
            Event::SoftBreak | Event::HardBreak => self.push(" "),
            Event::End(TagEnd::Paragraph | TagEnd::Item) => self.end_line(),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if let Some(link) = self.open.last_mut() {
            link.text.push_str(text);
        }
        if self.in_data {
            return;
        }
        let here = if self.in_heading { &mut self.section.heading } else { &mut self.section.prose };
        here.push_str(text);
    }

    fn end_line(&mut self) {
        if !self.section.prose.is_empty() && !self.section.prose.ends_with('\n') {
            self.section.prose.push('\n');
        }
    }

    fn end_section(&mut self) {
        let section = std::mem::take(&mut self.section);
        if section.level == 1 && self.text.title.is_none() {
            self.text.title = Some(section.heading.clone());
        }
        if section.level > 0 || !section.prose.trim().is_empty() {
            self.text.sections.push(section);
        }
    }

    fn finish(mut self) -> Text {
        self.end_section();
        self.text
    }
}

/// Reads a text that is not Markdown: paragraphs, and the addresses in them.
#[step]
pub fn parse_plain(file: &File) -> Text {
    let paragraphs: Vec<String> = paragraphs_of(&file.content).collect();
    let links =
        file.content.split_whitespace().filter_map(address_in).map(|target| Link { text: target.to_owned(), target: target.to_owned() });
    let sections = if paragraphs.is_empty() { Vec::new() } else { vec![Section { prose: paragraphs.join("\n"), ..Section::default() }] };
    Text { title: None, sections, links: links.collect() }
}

/// Lines up to an empty one, joined.
fn paragraphs_of(content: &str) -> impl Iterator<Item = String> {
    let mut lines = content.lines().peekable();
    std::iter::from_fn(move || {
        while lines.next_if(|line| line.trim().is_empty()).is_some() {}
        let mut paragraph = lines.next()?.trim().to_owned();
        while let Some(line) = lines.next_if(|line| !line.trim().is_empty()) {
            paragraph.push(' ');
            paragraph.push_str(line.trim());
        }
        Some(paragraph)
    })
}

/// `(https://example.org),` is the address in the parentheses.
fn address_in(word: &str) -> Option<&str> {
    let start = word.find("https://").or_else(|| word.find("http://"))?;
    let address = word[start..].trim_end_matches(|c: char| ".,;:!?)]}>\"'".contains(c));
    Some(address)
}

/// Whether there is much to read, and no heading to find one's way.
#[step]
pub fn is_one_long_section(text: &Text) -> bool {
    text.headings().next().is_none() && text.words() > 2 * PART
}

/// Cuts a text without headings into parts, each headed by how it begins.
#[step]
pub fn cut_into_parts(text: &Text) -> Text {
    let mut sections: Vec<Section> = Vec::new();
    let mut words = PART;
    for sentence in text.sections.iter().flat_map(|section| section.prose.lines()).flat_map(sentences_of) {
        if words >= PART {
            words = 0;
            sections.push(Section { level: 1, heading: beginning_of(sentence), prose: String::new() });
        }
        words += sentence.split_whitespace().count();
        if let Some(section) = sections.last_mut() {
            section.prose.push_str(sentence);
            section.prose.push('\n');
        }
    }
    Text { sections, ..text.clone() }
}

fn beginning_of(sentence: &str) -> String {
    let words: Vec<&str> = sentence.split_whitespace().take(6).collect();
    format!("{} …", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &str) -> File {
        File { path: path.to_owned(), content: content.to_owned() }
    }

    #[test]
    fn the_name_says_how_to_read() {
        assert_eq!(form(&file("a/NOTES.MD", "")), Form::Markdown);
        assert_eq!(form(&file("notes.txt", "")), Form::Plain);
        assert_eq!(form(&file("Makefile", "")), Form::Plain);
    }

    #[test]
    fn markdown_has_sections_prose_and_links() {
        let text = parse_markdown(&file(
            "a.md",
            "Before.\n\n# A `title`\n\nSee [the *site*](https://a.org).\n\n```\ncode\n```\n\n## Deeper\n\n- one\n- two\n",
        ));
        assert_eq!(text.title.as_deref(), Some("A title"));
        let sections: Vec<_> = text.sections.iter().map(|s| (s.level, s.heading.as_str(), s.prose.as_str())).collect();
        assert_eq!(sections, [(0, "", "Before.\n"), (1, "A title", "See the site.\n"), (2, "Deeper", "one\ntwo\n")]);
        assert_eq!(text.links, [Link { text: "the site".into(), target: "https://a.org".into() }]);
    }

    #[test]
    fn a_picture_in_a_link_is_two_links() {
        let text = parse_markdown(&file("a.md", "[![build](badge.svg)](https://ci.org)"));
        let targets: Vec<_> = text.links.iter().map(|link| link.target.as_str()).collect();
        assert_eq!(targets, ["badge.svg", "https://ci.org"]);
    }

    #[test]
    fn plain_text_has_paragraphs_and_addresses() {
        let text = parse_plain(&file("a.txt", "\n\nOne\nparagraph (https://a.org).\n\n\nAnother.\n"));
        assert_eq!(text.sections[0].prose, "One paragraph (https://a.org).\nAnother.");
        assert_eq!(text.links[0].target, "https://a.org");
    }

    #[test]
    fn nothing_is_a_text_too() {
        assert_eq!(parse_plain(&file("a.txt", " \n\n")), Text::default());
        assert_eq!(parse_markdown(&file("a.md", "")), Text::default());
    }

    #[test]
    fn only_long_texts_are_cut() {
        let long = parse_plain(&file("a.txt", &"Ten words make a line that goes on and on.\n\n".repeat(100)));
        assert!(is_one_long_section(&long));
        let parts = cut_into_parts(&long);
        assert!(!is_one_long_section(&parts));
        assert_eq!(parts.words(), long.words());
        assert_eq!(parts.sections[0].heading, "Ten words make a line that …");
        assert!(!is_one_long_section(&parse_plain(&file("a.txt", "Short."))));
    }

    #[test]
    fn bytes_that_are_no_text_are_named() {
        let error = text_of("a.txt".into(), vec![b'o', b'k', 0xff]).expect_err("no text");
        assert_eq!(error.to_string(), "`a.txt` is no UTF-8 text: byte 2 is 0xff; convert the file to UTF-8 first");
    }
}

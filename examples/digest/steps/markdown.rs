//! The digest as a page of Markdown.

use std::fmt::{self, Write as _};

use agno::prelude::*;

use crate::model::{CheckedLink, Outline, Report, Sentence, Term};

/// Lines of one list.
const LINES: usize = 40;

/// Letters of one line.
const LETTERS: usize = 300;

/// Writes the report down, for people.
#[step]
pub fn page(report: &Report) -> Result<String, fmt::Error> {
    let Report { title, sections, reading_time, summary, terms, outline, links } = report;
    let mut page = String::new();
    writeln!(page, "# {}\n", text(title))?;
    let (words, minutes) = (count(reading_time.words, "word"), count(reading_time.minutes, "minute"));
    writeln!(page, "{words}, {}, {minutes} to read", count(*sections, "section"))?;
    write_summary(&mut page, summary)?;
    write_terms(&mut page, terms)?;
    write_outline(&mut page, outline)?;
    write_links(&mut page, links)?;
    Ok(page)
}

fn write_summary(page: &mut String, summary: &[Sentence]) -> fmt::Result {
    writeln!(page, "\n## What it says\n")?;
    if summary.is_empty() {
        writeln!(page, "Nothing that is a sentence.")?;
    }
    summary.iter().try_for_each(|sentence| writeln!(page, "- {}", text(&sentence.text)))
}

fn write_terms(page: &mut String, terms: &[Term]) -> fmt::Result {
    if terms.is_empty() {
        return Ok(());
    }
    let terms: Vec<String> = terms.iter().map(|term| format!("{} ({})", text(&term.word), term.count)).collect();
    writeln!(page, "\n## Terms\n\n{}", terms.join(", "))
}

fn write_outline(page: &mut String, outline: &Outline) -> fmt::Result {
    if outline.entries.is_empty() {
        return Ok(());
    }
    writeln!(page, "\n## Outline, {} deep\n", count(outline.depth.into(), "level"))?;
    for entry in outline.entries.iter().take(LINES) {
        let indent = "  ".repeat(usize::from(entry.level).saturating_sub(1));
        writeln!(page, "{indent}- {} ({})", text(&entry.heading), count(entry.words, "word"))?;
    }
    write_more(page, outline.entries.len())
}

fn write_links(page: &mut String, links: &[CheckedLink]) -> fmt::Result {
    let bad: Vec<_> = links.iter().filter_map(|link| Some((&link.link.target, link.problem.as_ref()?))).collect();
    writeln!(page, "\n## Links\n\n{}, {} with a problem\n", links.len(), bad.len())?;
    for (target, problem) in bad.iter().take(LINES) {
        writeln!(page, "- {}: {}", text(target), text(problem))?;
    }
    write_more(page, bad.len())
}

fn write_more(page: &mut String, lines: usize) -> fmt::Result {
    match lines.checked_sub(LINES) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(page, "- and {more} more"),
    }
}

/// `1 word`, `2 words`
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Text that means itself in Markdown, in one line. What is longer than a paragraph is cut.
fn text(text: &str) -> String {
    let mut line = String::new();
    for letter in text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LETTERS) {
        if matches!(letter, '\\' | '*' | '_' | '`' | '[' | ']' | '<' | '|') {
            line.push('\\');
        }
        line.push(letter);
    }
    if text.chars().count() > LETTERS {
        line.push_str(" …");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Entry, Link, ReadingTime};

    #[test]
    fn a_page_has_a_part_for_each_fact() {
        let link = |target: &str, problem: Option<&str>| CheckedLink {
            link: Link { text: "here".into(), target: target.into() },
            problem: problem.map(str::to_owned),
        };
        let entry = |level, heading: &str| Entry { level, heading: heading.into(), words: 1 };
        let report = Report {
            title: "A *title*".into(),
            sections: 2,
            reading_time: ReadingTime { words: 221, minutes: 2 },
            summary: vec![Sentence { text: "One\nsentence.".into(), score: 1.0 }],
            terms: vec![Term { word: "term".into(), count: 3 }, Term { word: "other".into(), count: 1 }],
            outline: Outline { depth: 2, entries: vec![entry(1, "First"), entry(2, "Second")] },
            links: vec![link("https://example.org", None), link("a b", Some("it contains a space"))],
        };
        let expected = "# A \\*title\\*\n\n221 words, 2 sections, 2 minutes to read\n\n## What it says\n\n- One sentence.\n\n\
                        ## Terms\n\nterm (3), other (1)\n\n## Outline, 2 levels deep\n\n- First (1 word)\n  - Second (1 word)\n\n\
                        ## Links\n\n2, 1 with a problem\n\n- a b: it contains a space\n";
        assert_eq!(page(&report).expect("it can be written"), expected);
    }

    #[test]
    fn long_lines_and_lists_end() {
        assert!(text(&"ä".repeat(LETTERS + 1)).ends_with(" …"));
        assert_eq!(text("a_b"), "a\\_b");
        let mut page = String::new();
        write_more(&mut page, LINES).expect("it can be written");
        assert_eq!(page, "");
        write_more(&mut page, LINES + 2).expect("it can be written");
        assert_eq!(page, "- and 2 more\n");
    }
}

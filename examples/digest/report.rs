//! Prints a digest, and what the run did.

use std::{collections::BTreeMap, fmt, time::Duration};

use agno::StepResult;

use crate::model::Report;

/// Characters in a line.
const WIDTH: usize = 96;

/// Lines of one list.
const LINES: usize = 40;

/// A digest as a page of text.
pub struct Page<'a>(pub &'a Report);

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { title, sections, reading_time, summary, terms, outline, links } = self.0;
        writeln!(f, "{}", cut(title))?;
        writeln!(f, "{}", "=".repeat(cut(title).chars().count()))?;
        let (words, minutes) = (reading_time.words, reading_time.minutes);
        writeln!(f, "{}, {}, {} to read", count(words, "word"), count(*sections, "section"), count(minutes, "minute"))?;

        writeln!(f, "\nWhat it says")?;
        if summary.is_empty() {
            writeln!(f, "  Nothing that is a sentence.")?;
        }
        for sentence in summary {
            writeln!(f, "  - {}", wrapped(&sentence.text, "    "))?;
        }

        if !terms.is_empty() {
            let terms: Vec<String> = terms.iter().map(|term| format!("{} ({})", term.word, term.count)).collect();
            writeln!(f, "\nTerms\n  {}", wrapped(&terms.join(", "), "  "))?;
        }

        if !outline.entries.is_empty() {
            writeln!(f, "\nOutline, {} deep", count(outline.depth.into(), "level"))?;
            for entry in outline.entries.iter().take(LINES) {
                let indent = "  ".repeat(entry.level.into());
                writeln!(f, "{indent}{} ({})", cut(&entry.heading), count(entry.words, "word"))?;
            }
            if outline.entries.len() > LINES {
                writeln!(f, "  and {} more", outline.entries.len() - LINES)?;
            }
        }

        let bad: Vec<_> = links.iter().filter_map(|link| Some((&link.link.target, link.problem.as_ref()?))).collect();
        writeln!(f, "\nLinks\n  {}, {} with a problem", links.len(), bad.len())?;
        for (target, problem) in bad.iter().take(LINES) {
            writeln!(f, "  - {}: {problem}", cut(target))?;
        }
        Ok(())
    }
}

/// What each node of a run took. Many runs of one node, such as those of `each`, are one line.
pub struct Steps<'a>(pub &'a [StepResult]);

impl fmt::Display for Steps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nWhat the workflow did")?;
        let lines = self.lines();
        let width = lines.iter().map(|line| line.path.chars().count()).max().unwrap_or_default();
        for Line { path, times, duration, route } in lines {
            let milliseconds = duration.as_secs_f64() * 1_000.0;
            let times = if times == 1 { String::new() } else { format!("{times} ×") };
            writeln!(f, "{}", format!("  {path:<width$}  {milliseconds:>8.2} ms  {times} {route}").trim_end())?;
        }
        Ok(())
    }
}

/// A line of the list.
struct Line {
    path: String,
    times: usize,
    duration: Duration,
    route: String,
}

impl Steps<'_> {
    /// In the order of the workflow, each container before what is in it. More than three runs of a node are summed up.
    fn lines(&self) -> Vec<Line> {
        let mut runs: BTreeMap<String, usize> = BTreeMap::new();
        for step in self.0 {
            *runs.entry(without_numbers(&step.path())).or_default() += 1;
        }
        let mut lines: Vec<Line> = Vec::new();
        for step in self.0 {
            let pattern = without_numbers(&step.path());
            let many = runs[&pattern] > 3;
            let path = if many { pattern } else { step.path() };
            match lines.iter_mut().find(|line| many && line.path == path) {
                Some(line) => {
                    line.times += 1;
                    line.duration += step.duration();
                }
                // A container ends after what is in it.
                None => {
                    let place = lines.iter().position(|line| is_within(&line.path, &path)).unwrap_or(lines.len());
                    lines.insert(place, Line { path, times: 1, duration: step.duration(), route: step.route().join(", ") });
                }
            }
        }
        lines
    }
}

/// `facts/links` is within `facts`, and `grow[0]` within `grow`.
fn is_within(path: &str, container: &str) -> bool {
    path.strip_prefix(container).is_some_and(|rest| rest.starts_with(['/', '[']))
}

/// `links/checked[7]/check_link` is `links/checked[…]/check_link`.
fn without_numbers(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| path + "[…]" + part.split_once(']').map_or("", |(_, rest)| rest))
}

/// `1 word`, `2 words`
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The text in lines of its own, the second one and the others after an indent. What is longer than a paragraph is cut.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if length > 0 && length + 1 + letters > WIDTH {
            if lines.len() == 4 {
                return format!("{} …", lines.join(&format!("\n{indent}")));
            }
            lines.push(String::new());
            length = 0;
        }
        let line = lines.len() - 1;
        if length > 0 {
            lines[line].push(' ');
            length += 1;
        }
        lines[line].push_str(&cut(word));
        length += letters;
    }
    lines.join(&format!("\n{indent}"))
}

/// What fits into a line.
fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_paths_are_left_out() {
        assert_eq!(without_numbers("facts/links/checked[17]/check_link"), "facts/links/checked[…]/check_link");
        assert_eq!(without_numbers("read"), "read");
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"ä".repeat(WIDTH + 1)).chars().count(), WIDTH + 2);
    }

    #[test]
    fn long_texts_are_wrapped_and_end() {
        assert_eq!(wrapped("a  b", "  "), "a b");
        let lines = wrapped(&"word ".repeat(1_000), "  ");
        assert_eq!(lines.lines().count(), 4);
        assert!(lines.ends_with('…') && lines.lines().all(|line| line.chars().count() <= WIDTH + 4));
    }
}

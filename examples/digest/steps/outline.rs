//! The outline: as deep as a page allows.

use agno::prelude::*;

use crate::model::{Entry, Outline, Text};

/// Markdown has six levels of headings.
pub const MAX_LEVEL: u32 = 6;

/// Lines that an outline may have when it grows deeper.
const PAGE: usize = 24;

/// Adds the next level of headings to the outline.
#[step]
pub fn deepen(outline: &Outline, text: &Text) -> Outline {
    let depth = outline.depth + 1;
    Outline { depth, entries: entries_down_to(depth, text) }
}

/// Whether the outline has every heading, or one more level would not fit on the page.
#[step]
pub fn is_complete(outline: &Outline, text: &Text) -> bool {
    let shown = outline.entries.len();
    shown == text.headings().count() || (shown > 0 && entries_down_to(outline.depth + 1, text).len() > PAGE)
}

fn entries_down_to(depth: u8, text: &Text) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for section in &text.sections {
        let words = section.prose.split_whitespace().count();
        if (1..=depth).contains(&section.level) {
            entries.push(Entry { level: section.level, heading: section.heading.clone(), words });
        } else if let Some(entry) = entries.last_mut() {
            entry.words += words;
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Section;

    fn text(levels: &[u8]) -> Text {
        let sections = levels.iter().map(|level| Section { level: *level, heading: format!("h{level}"), prose: "two words".into() });
        Text { sections: sections.collect(), ..Text::default() }
    }

    fn grown(text: &Text) -> Outline {
        let mut outline = Outline::default();
        loop {
            outline = deepen(&outline, text);
            if is_complete(&outline, text) || u32::from(outline.depth) == MAX_LEVEL {
                return outline;
            }
        }
    }

    #[test]
    fn it_grows_until_every_heading_is_shown() {
        let outline = grown(&text(&[1, 2, 3, 3, 2]));
        assert_eq!((outline.depth, outline.entries.len()), (3, 5));
    }

    #[test]
    fn it_stops_when_the_page_is_full() {
        let mut levels = vec![1, 2, 2];
        levels.extend([3; PAGE]);
        let outline = grown(&text(&levels));
        assert_eq!((outline.depth, outline.entries.len()), (2, 3));
        assert_eq!(outline.entries[2].words, 2 + 2 * PAGE, "what is not shown counts for what is");
    }

    #[test]
    fn a_level_may_be_missing() {
        assert_eq!(grown(&text(&[2, 4])).depth, 4);
    }

    #[test]
    fn without_headings_it_is_complete_at_once() {
        assert_eq!(grown(&text(&[])), Outline { depth: 1, entries: Vec::new() });
    }
}

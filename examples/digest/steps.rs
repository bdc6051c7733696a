//! What the nodes of the workflow do. A step is a plain function: it can be called and tested without a workflow.

mod file;
mod links;
mod markdown;
mod outline;
mod sentences;
mod words;

pub use file::*;
pub use links::*;
pub use markdown::*;
pub use outline::*;
pub use sentences::*;
pub use words::*;

use agno::prelude::*;

use crate::model::{CheckedLink, File, Outline, ReadingTime, Report, Sentence, Size, Term, Text};

/// Words that are read in a minute.
const PACE: usize = 220;

/// How much there is to read.
#[step]
pub fn size(text: &Text) -> Size {
    match text.words() {
        0..150 => Size::Note,
        150..5_000 => Size::Article,
        _ => Size::Book,
    }
}

/// How long the text takes.
#[step]
pub fn reading_time(text: &Text) -> ReadingTime {
    let words = text.words();
    ReadingTime { words, minutes: words.div_ceil(PACE) }
}

/// Puts the facts together.
#[step]
pub fn compose(
    file: &File,
    text: &Text,
    summary: &[Sentence],
    terms: &[Term],
    links: &[CheckedLink],
    outline: &Outline,
    reading_time: &ReadingTime,
) -> Report {
    Report {
        title: text.title.clone().unwrap_or_else(|| file.path.clone()),
        sections: text.headings().count(),
        reading_time: *reading_time,
        summary: summary.to_vec(),
        terms: terms.to_vec(),
        outline: outline.clone(),
        links: links.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Section;

    fn text_of(words: usize) -> Text {
        Text { sections: vec![Section { prose: "word ".repeat(words), ..Section::default() }], ..Text::default() }
    }

    #[test]
    fn the_size_decides_how_much_is_left_out() {
        assert_eq!(size(&text_of(0)), Size::Note);
        assert_eq!(size(&text_of(150)), Size::Article);
        assert_eq!(size(&text_of(5_000)), Size::Book);
    }

    #[test]
    fn a_started_minute_counts() {
        assert_eq!(reading_time(&text_of(0)).minutes, 0);
        assert_eq!(reading_time(&text_of(1)).minutes, 1);
        assert_eq!(reading_time(&text_of(221)).minutes, 2);
    }
}

//! The workflows. Read them from top to bottom: every statement is a step, and every name is the value of the step that has it.

use agno::prelude::*;

use crate::{
    model::{Form, Outline, Passage, Sentence, Size, Source},
    steps::*,
};

workflow! {
    /// Reads a file and says what is in it.
    pub Digest(source: Source) -> String {
        read;

        // Two ways to read a file; both give a `Text`.
        router text (form(read)) {
            Form::Markdown => parse_markdown(read),
            Form::Plain    => parse_plain(read),
        }

        // A long text without headings is cut into parts, so that there is something to list.
        condition sectioned (is_one_long_section) { cut_into_parts; }

        // Five looks at the same text, side by side.
        parallel facts {
            // The longer the text, the more is left out of it.
            router summary (size(sectioned)) {
                Size::Note    => split_sentences(Passage::whole(sectioned)),
                Size::Article => KeySentences(Passage::whole(sectioned)),
                Size::Book    => {
                    map |text| text.chapters();
                    each chapters |section| (limit = 4) { KeySentences(Passage::of(section)); }
                    gather;
                }
            }

            frequent_terms;

            steps links {
                map |text| text.links.clone();
                each checked |link| { check_link(link, sectioned); }
            }

            // The outline grows level by level, until it fills a page or has every heading.
            steps outline {
                map |_text| Outline::default();
                loop grow |outline| (max = MAX_LEVEL, until = is_complete(deepen, sectioned)) { deepen(outline, sectioned); }
            }

            reading_time;
        }

        compose(read, sectioned, facts.summary, facts.frequent_terms, facts.links, facts.outline, facts.reading_time);
        page;
    }
}

workflow! {
    /// Finds the sentences that say the most, by the words that a passage repeats.
    pub KeySentences(passage: Passage) -> Vec<Sentence> {
        parallel parts {
            split_sentences;
            count_words;
        }
        score;
        choose(score, passage);
    }
}

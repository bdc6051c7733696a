//! Words, and how often they occur.

use std::collections::BTreeMap;

use agno::prelude::*;

use crate::model::{Passage, Term, Text};

/// How many terms a digest shows.
const TERMS: usize = 10;

/// Words that say nothing about what a text is about, in alphabetical order.
#[rustfmt::skip]
const STOP_WORDS: [&str; 142] = [
    "a", "about", "after", "again", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before", "being",
    "between", "both", "but", "by", "can", "cannot", "could", "did", "do", "does", "doing", "down", "during", "each", "else", "every",
    "few", "for", "from", "further", "get", "gets", "give", "given", "gives", "had", "has", "have", "having", "he", "her", "here", "him",
    "his", "how", "i", "if", "in", "into", "is", "it", "its", "itself", "just", "let", "like", "made", "make", "makes", "many", "may",
    "me", "more", "most", "much", "must", "my", "no", "nor", "not", "now", "of", "off", "on", "once", "one", "only", "or", "other", "our",
    "out", "over", "own", "per", "same", "see", "she", "should", "so", "some", "such", "take", "takes", "than", "that", "the", "their",
    "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "two", "under", "until", "up", "use", "used",
    "uses", "very", "was", "way", "we", "were", "what", "when", "where", "which", "while", "who", "whose", "why", "will", "with",
    "without", "would", "yes", "yet", "you", "your",
];

/// The words of a text in lower case, without those that every text has. Digits alone are no word.
pub fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’' && c != '_')
        .map(|word| word.trim_matches(['\'', '’', '_']).to_lowercase())
        .filter(|word| {
            word.chars().count() > 1 && word.chars().any(char::is_alphabetic) && STOP_WORDS.binary_search(&word.as_str()).is_err()
        })
}

/// How often each word of a passage occurs.
#[step]
pub fn count_words(passage: &Passage) -> BTreeMap<String, u32> {
    count(words_of(&passage.prose))
}

/// The words that the text repeats.
#[step]
pub fn frequent_terms(text: &Text) -> Vec<Term> {
    let counts = count(text.sections.iter().flat_map(|section| words_of(&section.prose)));
    let mut terms: Vec<Term> = counts.into_iter().filter(|(_, count)| *count > 1).map(|(word, count)| Term { word, count }).collect();
    // The sort is stable and the map is ordered, so equally frequent words stay in alphabetical order.
    terms.sort_by_key(|term| std::cmp::Reverse(term.count));
    terms.truncate(TERMS);
    terms
}

fn count(words: impl Iterator<Item = String>) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Section;

    #[test]
    fn stop_words_can_be_searched() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn words_are_lower_case_and_mean_something() {
        let words: Vec<_> = words_of("The Compiler's errors, in `main.rs`: 42 of them! It’s snake_case.").collect();
        assert_eq!(words, ["compiler's", "errors", "main", "rs", "it’s", "snake_case"]);
    }

    #[test]
    fn terms_are_what_is_repeated() {
        let prose = "Steps run. Steps stop. A run ends; a workflow stays.".to_owned();
        let text = Text { sections: vec![Section { prose, ..Section::default() }], ..Text::default() };
        let terms: Vec<_> = frequent_terms(&text).into_iter().map(|term| (term.word, term.count)).collect();
        assert_eq!(terms, [("run".to_owned(), 2), ("steps".to_owned(), 2)]);
    }
}

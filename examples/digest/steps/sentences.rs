//! Which sentences say the most.

use std::collections::{BTreeMap, HashSet};

use agno::prelude::*;

use super::words::words_of;
use crate::model::{Passage, Sentence};

/// Sentences that are shorter say little, however frequent their words are.
const FEW_WORDS: usize = 4;

/// Splits prose into sentences.
#[step]
pub fn split_sentences(passage: &Passage) -> Vec<Sentence> {
    passage.prose.lines().flat_map(sentences_of).map(|text| Sentence { text: text.to_owned(), score: 0.0 }).collect()
}

/// A sentence ends at `.`, `!` or `?` before a space and something that may begin one: `e.g. this` goes on.
pub fn sentences_of(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line.trim();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut ends = rest.match_indices(['.', '!', '?', '…']).map(|(start, mark)| start + mark.len());
        let end = ends.find(|end| {
            let after = &rest[*end..];
            let next = after.trim_start();
            next.len() < after.len() && next.starts_with(|c: char| !c.is_lowercase())
        });
        let (sentence, more) = rest.split_at(end.unwrap_or(rest.len()));
        rest = more.trim_start();
        Some(sentence)
    })
}

/// Scores each sentence by how often the passage repeats its words.
#[step]
pub fn score(sentences: &[Sentence], counts: &BTreeMap<String, u32>) -> Vec<Sentence> {
    sentences.iter().map(|sentence| Sentence { score: score_of(&sentence.text, counts), ..sentence.clone() }).collect()
}

/// The mean frequency of the words: a sum would prefer long sentences.
fn score_of(sentence: &str, counts: &BTreeMap<String, u32>) -> f64 {
    // Titles, list items and halves of code are no sentences.
    if !sentence.ends_with(['.', '!', '?', '…']) {
        return 0.0;
    }
    let frequencies: Vec<f64> = words_of(sentence).map(|word| counts.get(&word).copied().unwrap_or_default().into()).collect();
    if frequencies.len() < FEW_WORDS {
        return 0.0;
    }
    frequencies.iter().sum::<f64>() / frequencies.len() as f64
}

/// The best sentences, in the order of the passage.
#[step]
pub fn choose(sentences: &[Sentence], passage: &Passage) -> Vec<Sentence> {
    let mut seen = HashSet::new();
    let mut places: Vec<usize> =
        (0..sentences.len()).filter(|place| sentences[*place].score > 0.0 && seen.insert(&sentences[*place].text)).collect();
    places.sort_by(|a, b| sentences[*b].score.total_cmp(&sentences[*a].score));
    places.truncate(passage.wanted);
    places.sort_unstable();
    places.into_iter().map(|place| sentences[place].clone()).collect()
}

/// The sentences of all chapters, without those that say the same.
#[step]
pub fn gather(chapters: &[Vec<Sentence>]) -> Vec<Sentence> {
    let mut seen = HashSet::new();
    chapters.iter().flatten().filter(|sentence| seen.insert(&sentence.text)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(prose: &str, wanted: usize) -> Passage {
        Passage { prose: prose.to_owned(), wanted }
    }

    fn texts(sentences: &[Sentence]) -> Vec<&str> {
        sentences.iter().map(|sentence| sentence.text.as_str()).collect()
    }

    #[test]
    fn sentences_end_where_another_begins() {
        let split = split_sentences(&passage("It works, e.g. here. Version 1.2 is out! Is it?\nA new line", 1));
        assert_eq!(texts(&split), ["It works, e.g. here.", "Version 1.2 is out!", "Is it?", "A new line"]);
    }

    #[test]
    fn a_huge_line_is_split_in_one_go() {
        let line = "A sentence of words. ".repeat(50_000);
        assert_eq!(split_sentences(&passage(&line, 1)).len(), 50_000);
    }

    #[test]
    fn the_best_sentences_come_in_their_order() {
        let prose = "Birds sing. The compiler checks every workflow step. Cats sleep all day long outside. A workflow step that the compiler refuses never runs.";
        let passage = passage(prose, 2);
        let counts = super::super::count_words(&passage);
        let chosen = choose(&score(&split_sentences(&passage), &counts), &passage);
        assert_eq!(texts(&chosen), ["The compiler checks every workflow step.", "A workflow step that the compiler refuses never runs."]);
    }

    #[test]
    fn nothing_is_said_twice() {
        let one = Sentence { text: "Once.".into(), score: 1.0 };
        let twice = vec![one.clone(), one.clone()];
        assert_eq!(choose(&twice, &passage("", 5)).len(), 1);
        assert_eq!(gather(&[twice.clone(), twice]).len(), 1);
    }

    #[test]
    fn an_empty_passage_has_no_sentences() {
        assert!(split_sentences(&passage("", 3)).is_empty());
        assert!(choose(&[], &passage("", 3)).is_empty());
    }
}

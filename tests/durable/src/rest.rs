//! What [`Everything`](crate::Everything) has not: failures that are collected, decided about and started anew, early ends, states of nested workflows, loops
//! that begin from the same value, questions that nobody answers.

use std::ops::ControlFlow;

use agno::{Durability, prelude::*, testing::Answers};

use super::{Tally, Words, add_one, broken, drop_first, longest, note, pay, shout, split};
use crate::effects::did;

/// What a nested workflow keeps for itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Letters {
    /// How many there were.
    pub counted: usize,
}

#[step]
async fn count(word: &str, letters: &mut Letters, ctx: &StepContext) -> String {
    did(ctx);
    letters.counted += word.len();
    word.to_owned()
}

#[step]
fn end_if_short(word: &str, ctx: &StepContext) -> ControlFlow<String, String> {
    did(ctx);
    if word.len() < 4 { ControlFlow::Break(format!("{word}: short")) } else { ControlFlow::Continue(word.to_owned()) }
}

#[step]
fn measure(word: &str, ctx: &StepContext) -> String {
    did(ctx);
    format!("{word}: {}", word.len())
}

workflow! {
    /// Nested: a state of its own, and an early end.
    pub Count(word: String) -> String {
        state letters: Letters;
        count;
        end_if_short;
        measure;
    }
}

/// Fails until what it stands in is started anew.
#[step]
fn reluctant(words: &Words, ctx: &StepContext) -> Result<Words, std::io::Error> {
    did(ctx);
    if ctx.path().contains('~') { Ok(words.clone()) } else { Err(std::io::Error::other("not at first")) }
}

workflow! {
    /// Nested: started anew as a whole.
    pub Shaky(words: Words) -> Words {
        add_one;
        reluctant;
    }
}

/// Fails until a person has had it run again: the child of a later attempt has another path.
#[step]
async fn persuade(words: &Words, ctx: &StepContext) -> Result<Words, StepError> {
    did(ctx);
    Ok(ctx.step::<reluctant>(words.clone()).await?.as_ref().clone())
}

#[step(retry = 1, backoff = "1ms")]
async fn picky(word: &str, ctx: &StepContext) -> Result<String, std::io::Error> {
    did(ctx);
    tokio::task::yield_now().await;
    if word.starts_with('f') { Err(std::io::Error::other(format!("not `{word}`"))) } else { Ok(word.to_owned()) }
}

#[step]
fn keep_it(word: &str, keep: &bool, ctx: &StepContext) -> String {
    did(ctx);
    if *keep { word.to_owned() } else { String::new() }
}

#[step]
fn quote(word: &str, ctx: &StepContext) -> String {
    did(ctx);
    format!("`{word}`")
}

#[step]
fn guess(words: &Words, ctx: &StepContext) -> usize {
    did(ctx);
    words.0.len() + ctx.iteration() as usize
}

#[step]
fn finish(words: &Words, late: &bool, said: &[String], ctx: &StepContext) -> ControlFlow<String, String> {
    did(ctx);
    ControlFlow::Break(format!("{} {late} {}", words.0.join(" "), said.join(" ")))
}

#[step]
fn never(text: &str, ctx: &StepContext) -> String {
    did(ctx);
    text.to_owned()
}

workflow! {
    /// The rest.
    pub Rest(text: String) -> String {
        state tally: Tally;

        split;
        note as noted;
        map as list |_noted| split.0.clone();
        each sorted |word| (limit = 2, on_error = collect) { picky; }
        map as kept |sorted| sorted.iter().flatten().cloned().collect::<Vec<_>>();
        each routed |word| (limit = 2) {
            router by_length (|word| word.len()) {
                0..=1 => { ask keep: bool = "Keep it?"; keep_it(word, keep); }
                2..=4 => shout,
                _ => quote,
            }
        }
        parallel tries (on_error = collect) { longest(split); broken(split) as failing; }
        map as tried |longest, failing| format!("{:?} {}", longest.as_ref().ok(), failing.is_err());
        Count(split.0[0].clone());
        Count(split.0[2].clone()) as second_count;
        map as whole |_count| split.clone();
        loop guesses |_words| (max = 5, restart, until = |guessed| *guessed > 5) { guess; }
        steps careful (on_error = pause) { drop_first(split); persuade; }
        Shaky(careful) with (retry = 1);
        broken as hopeless with (on_error = pause);
        broken(shaky) as nothing with (on_error = none);
        condition some (|nothing| nothing.is_some()) { map as full |nothing| nothing.clone(); } else none;
        router edits (|_some| vec!["drop".to_owned(), "add".to_owned()], many) {
            "drop" => map as dropped |some| some.clone(),
            _ => map as added |some| some.clone(),
        }
        pay(split);
        ask late: bool = "In time?" with (timeout = "20ms", default = false);
        map as said |_late| vec![tried.clone(), count.clone(), second_count.clone(), guesses.to_string(), routed.concat(), pay.to_string()];
        finish(hopeless, late, said);
        never;
    }
}

/// The workflow over a store. `durability`: what is stored when.
pub fn rest(db: impl Into<agno::db::Store>, durability: Durability) -> Rest {
    Rest::builder().durability(durability).db(db).build()
}

/// What is answered to its questions, but for that which takes its default. That about `pay` is asked where a crash has cut it.
pub fn answers() -> Answers {
    let answers = Answers::new().answer("routed/by_length/keep", true).answer("careful/error", "retry");
    answers.answer("hopeless/error", "skip").answer("pay/error", "retry").wait_for_deadlines()
}

//! Data: borrowed, cloned, dereferenced, or none.

use agno::prelude::*;

use super::nothing;
use crate::support::paths;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Letter {
    text: String,
    numbers: Vec<u32>,
    name: Option<String>,
    words: Option<Vec<String>>,
}

fn letter() -> Letter {
    Letter { text: "abc".into(), numbers: vec![1, 2, 3], name: Some("Ann".into()), words: Some(vec!["x".into(), "y".into()]) }
}

#[step]
async fn length(text: &str) -> usize {
    text.len()
}

#[step]
fn total(numbers: &[u32]) -> u32 {
    numbers.iter().sum()
}

#[step]
fn shout(text: String, times: usize) -> String {
    text.to_uppercase().repeat(times)
}

#[step]
async fn greet(name: Option<&String>, title: Option<&str>, words: Option<&[String]>) -> String {
    format!("{name:?} {title:?} {words:?}")
}

#[step]
#[expect(clippy::ptr_arg, reason = "a form that steps accept")]
fn gather(length: &usize, total: u32, shout: &String, greet: &str) -> Vec<String> {
    vec![length.to_string(), total.to_string(), shout.clone(), greet.to_owned()]
}

workflow! {
    Forms(letter: Letter) -> Vec<String> {
        length(letter.text);
        total(letter.numbers);
        shout(letter.text, 2);
        greet(letter.name, letter.name, letter.words);
        gather(length, total, shout, greet);
    }
}

#[tokio::test]
async fn data_is_borrowed_cloned_or_dereferenced() {
    let run = Forms::new().run(letter()).await.expect("runs");
    assert_eq!(*run.content, ["3", "6", "ABCABC", r#"Some("Ann") Some("Ann") Some(["x", "y"])"#]);
    let nothing = Letter { text: String::new(), numbers: vec![], name: None, words: None };
    let run = Forms::new().run(nothing).await.expect("runs");
    assert_eq!(*run.content, ["0", "0", "", "None None None"]);
}

#[step]
async fn text_of(letter: Letter) -> String {
    letter.text
}

#[step]
fn letters(text: &str) -> Vec<String> {
    text.chars().map(String::from).collect()
}

#[step]
fn join(words: &[String]) -> Option<String> {
    (!words.is_empty()).then(|| words.join("-"))
}

#[step]
fn or_nothing(text: Option<&str>) -> String {
    text.unwrap_or("nothing").to_owned()
}

workflow! { Piped(letter: Letter) -> String { text_of; letters; join; or_nothing; } }

#[tokio::test]
async fn piped_data_takes_the_same_forms() {
    assert_eq!(*Piped::new().run(letter()).await.expect("runs").content, "a-b-c");
    let empty = Letter { text: String::new(), ..letter() };
    assert_eq!(*Piped::new().run(empty).await.expect("runs").content, "nothing");
}

#[step]
fn from_nothing() -> u32 {
    7
}

workflow! { Units(start: ()) -> u32 { nothing(); nothing() as again; from_nothing(); } }

#[tokio::test]
async fn a_step_may_take_and_give_nothing() {
    let run = Units::new().run(()).await.expect("runs");
    assert_eq!(*run.content, 7);
    assert_eq!(paths(&run.steps), ["nothing", "again", "from_nothing"]);
}

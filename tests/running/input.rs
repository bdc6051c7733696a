//! What a run takes.

use std::sync::Arc;

use agno::{Violations, prelude::*};
use serde_json::{Value, json};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    #[schemars(length(min = 1, max = 5))]
    title: String,
    #[schemars(range(min = 1, max = 10))]
    depth: u8,
    tags: Vec<Tag>,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Tag {
    #[schemars(regex(pattern = "^[a-z]+$"))]
    word: String,
}

#[step]
fn summary(order: &Order) -> String {
    format!("{} {} {}", order.title, order.depth, order.tags.len())
}

workflow! {
    Shop(order: Order) -> String { summary; }
}

fn violations(error: &RunError) -> &Violations {
    let RunError::InvalidInput(violations) = error else { panic!("{error}") };
    violations
}

fn pointers(error: &RunError) -> Vec<&str> {
    let mut pointers: Vec<_> = violations(error).iter().map(|violation| violation.pointer.as_str()).collect();
    pointers.sort_unstable();
    pointers
}

#[tokio::test]
async fn json_runs_if_it_fits() {
    let out = Shop::new().run_json(json!({ "title": "a", "depth": 1, "tags": [{ "word": "x" }] })).await.expect("completes");
    assert_eq!(*out.content, "a 1 1");
    assert_eq!(out.input.depth, 1);
}

#[tokio::test]
async fn json_is_told_everything_that_is_wrong() {
    let wf = Shop::new();
    let error =
        wf.run_json(json!({ "title": "", "depth": 11, "tags": [{ "word": "x" }, { "word": "X" }, 3] })).await.expect_err("is wrong");
    assert_eq!(pointers(&error), ["/depth", "/tags/1/word", "/tags/2", "/title"]);
    let text = error.to_string();
    for part in ["/depth", "/tags/1/word", "/tags/2", "/title", "11", "correct it and run again"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(wf.sessions().list().await.expect("it answers").is_empty(), "nothing has begun");
    assert_eq!((error.run_id(), error.status()), (None, None));
    assert!(error.partial().is_none());
}

#[tokio::test]
async fn what_is_missing_is_told_at_what_it_is_missing_from() {
    let error = Shop::new().run_json(json!({ "tags": [{}] })).await.expect_err("is wrong");
    assert_eq!(pointers(&error), ["", "", "/tags/0"]);
    let text = error.to_string();
    assert!(text.contains("title") && text.contains("depth") && text.contains("word"), "{text}");
}

#[tokio::test]
async fn json_of_another_type_is_one_violation() {
    for wrong in [json!(null), json!([]), json!("text")] {
        let error = Shop::new().run_json(wrong).await.expect_err("is wrong");
        assert_eq!(pointers(&error), [""]);
    }
}

#[tokio::test]
async fn typed_input_is_checked_where_its_schema_says_more_than_its_type() {
    let wf = Shop::new();
    let order = Order { title: "too long".into(), depth: 0, tags: vec![Tag { word: "9".into() }], note: None };
    let error = wf.run(order.clone()).await.expect_err("is wrong");
    assert_eq!(pointers(&error), ["/depth", "/tags/0/word", "/title"]);
    let error = wf.run(Arc::new(order.clone())).background().await.expect_err("is wrong before it begins");
    assert_eq!(pointers(&error).len(), 3);
    let right = Order { title: "a".into(), depth: 1, tags: vec![], ..order };
    assert_eq!(*wf.run(right).await.expect("completes").content, "a 1 0");
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Positive(#[schemars(range(min = 1))] u32);

#[step]
fn number(positive: &Positive) -> u32 {
    positive.0
}

workflow! {
    Count(positive: Positive) -> u32 { number; }
}

#[tokio::test]
async fn one_bound_is_enough_to_be_checked() {
    let error = Count::new().run(Positive(0)).await.expect_err("is wrong");
    assert_eq!(pointers(&error), [""]);
    assert_eq!(*Count::new().run(Positive(1)).await.expect("completes").content, 1);
}

#[step]
fn length(text: &str) -> usize {
    text.len()
}

workflow! {
    Length(text: String) -> usize { length; }
}

#[tokio::test]
async fn text_is_given_as_it_is_at_hand() {
    let wf = Length::new();
    assert_eq!(*wf.run("four").await.expect("completes").content, 4);
    assert_eq!(*wf.run(String::from("four")).await.expect("completes").content, 4);
    let shared = Arc::new(String::from("four"));
    let out = wf.run(Arc::clone(&shared)).await.expect("completes");
    assert!(Arc::ptr_eq(&out.input, &shared), "nothing is copied");
    assert_eq!(*wf.run_json("four").await.expect("completes").content, 4);
}

#[step]
fn keys(value: &Value) -> Value {
    value.as_object().map(|object| object.keys().cloned().collect::<Value>()).unwrap_or_default()
}

workflow! {
    Keys(value: Value) -> Value { keys; }
}

#[tokio::test]
async fn any_json_may_be_the_input() {
    let wf = Keys::new();
    assert_eq!(*wf.run(json!({ "b": 1, "a": 2 })).await.expect("completes").content, json!(["a", "b"]));
    assert_eq!(*wf.run_json(json!({ "c": 1 })).await.expect("completes").content, json!(["c"]));
    assert_eq!(*wf.run(Value::Null).await.expect("completes").content, Value::Null);
}

#[step]
fn answer_to_all() -> u32 {
    42
}

workflow! {
    Nothing(input: ()) -> u32 { answer_to_all(); }
}

#[tokio::test]
async fn there_may_be_no_input() {
    assert_eq!(*Nothing::new().run(()).await.expect("completes").content, 42);
    assert_eq!(*Nothing::new().run_json(Value::Null).await.expect("completes").content, 42);
}

#[tokio::test]
async fn schemas_say_what_goes_in_and_comes_out() {
    let schema = Value::from(Shop::input_schema());
    assert_eq!(schema["properties"]["depth"]["maximum"], 10);
    assert_eq!(schema["required"], json!(["title", "depth", "tags"]));
    assert_eq!(Value::from(Shop::output_schema())["type"], "string");
    assert!(Shop::state_schema().is_none());
    let schema = Value::from(summary::input_schema());
    assert_eq!(schema["required"], json!(["order"]));
    assert_eq!(Value::from(length::output_schema())["type"], "integer");
}

//! What options say, and what a step tells of itself.

use std::time::Duration;

use agno::{Effect, History, Work, prelude::*};
use serde_json::json;

use super::{Client, Refusal, info, json, nothing, plus_ten};
use crate::{completed, support::events};

/// Is described.
///
/// In two paragraphs.
#[step(
    name = "the-step",
    label = "The step",
    retry = 2,
    backoff = "200ms",
    max_backoff = "10s",
    retry_if = is_transient,
    timeout = "3s",
    history = 4,
    effect = pure
)]
async fn with_everything(
    text: &str,
    limit: usize,
    tone: Option<&str>,
    #[extra] _client: &Client,
    ctx: &StepContext,
) -> Result<u32, Refusal> {
    let _ = (text, limit, tone, ctx);
    Err(Refusal::Odd(1))
}

fn is_transient(_: &Refusal) -> bool {
    true
}

#[step(history)]
fn with_all_history(n: &u32) -> u32 {
    *n
}

#[step(history = off, effect = once)]
fn without_history(n: &u32) -> u32 {
    *n
}

#[test]
fn a_step_describes_itself() {
    assert_eq!(with_everything::NAME, "the-step");
    assert_eq!(with_everything::description(), Some("Is described.\n\nIn two paragraphs."));
    let input = json(&with_everything::input_schema());
    assert_eq!(input["required"], json!(["text", "limit"]));
    assert_eq!(input["properties"]["text"]["type"], "string");
    assert_eq!(input["properties"]["limit"]["type"], "integer");
    assert!(input["properties"]["tone"].is_object());
    assert_eq!(input["properties"].as_object().map(serde_json::Map::len), Some(3));
    assert_eq!(json(&with_everything::output_schema())["type"], "integer");
    let info = info::<with_everything>();
    assert_eq!((info.name, info.label, info.work), ("the-step", Some("The step"), Work::Async));
    assert_eq!(info.params, ["text", "limit", "tone"]);
    let options = info.options;
    assert_eq!((options.retry, options.backoff, options.max_backoff), (2, Duration::from_millis(200), Duration::from_secs(10)));
    assert_eq!((options.timeout, options.history, options.effect), (Some(Duration::from_secs(3)), Some(History::Last(4)), Effect::Pure));
}

#[test]
fn options_that_are_not_written_have_their_defaults() {
    let options = info::<with_all_history>().options;
    assert_eq!((options.history, options.effect, options.retry), (Some(History::All), Effect::Idempotent, 0));
    assert_eq!((options.backoff, options.max_backoff, options.timeout), (Duration::from_millis(100), Duration::from_secs(30), None));
    let options = info::<without_history>().options;
    assert_eq!((options.history, options.effect), (Some(History::Off), Effect::Once));
    assert_eq!((with_all_history::NAME, with_all_history::description()), ("with_all_history", None));
    assert_eq!(json(&nothing::input_schema()), json!({ "type": "object", "properties": {}, "required": [] }));
}

#[step(name = "labelled-step", label = "A step with a label")]
fn labelled(n: &u32) -> u32 {
    *n
}

workflow! { Labels(n: u32) -> u32 { labelled; labelled as second_one with (label = "The second"); plus_ten as plain_one; } }

#[tokio::test]
async fn people_see_labels() {
    let mut stream = Labels::new().run(1_u32).stream();
    let told = events(&mut stream).await;
    let labels: Vec<_> = told
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::StepStarted { executor, label } => Some((&*event.path, &**executor, label.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(
        labels,
        [
            ("labelled", "labelled-step", Some("A step with a label")),
            ("second_one", "labelled-step", Some("The second")),
            ("plain_one", "plus_ten", None),
        ]
    );
    let run = completed(stream.outcome().expect("has ended"));
    let labels: Vec<_> = run.steps.iter().map(agno::StepResult::label).collect();
    assert_eq!(labels, ["A step with a label", "The second", "plain one"]);
}

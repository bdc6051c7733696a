//! What a run gives.

use std::{sync::Arc, time::Duration};

use agno::{StepOutcome, prelude::*};
use serde_json::{Value, json};

use crate::{probe::soon, support::paths};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Text {
    text: String,
}

#[step]
fn shout(name: &str) -> Text {
    Text { text: name.to_uppercase() }
}

/// Puts stars round it.
#[step(label = "Make it pretty")]
async fn decorate_it(text: &Text) -> String {
    format!("* {} *", text.text)
}

workflow! {
    /// Greets somebody.
    HelloThere(name: String) -> String {
        shout;
        decorate_it;
    }
}

#[tokio::test]
async fn a_completed_run_tells_everything() {
    let wf = HelloThere::new();
    let before = jiff::Timestamp::now();
    let out = wf.run("ada").session("s-1").user("u-1").metadata(json!({ "from": "test" })).run_id("r-1").await.expect("completes");

    assert_eq!(*out.content, "* ADA *");
    assert_eq!(*out.input, "ada");
    assert_eq!((&*out.run_id, &*out.session_id, out.user_id.as_deref()), ("r-1", "s-1", Some("u-1")));
    assert_eq!((&*out.workflow, &*out.workflow_id), ("Hello there", "hello-there"));
    assert_eq!(out.metadata, json!({ "from": "test" }));
    assert!(out.created_at >= before && out.created_at <= jiff::Timestamp::now());
    assert!(out.state.is_none() && out.events.is_none() && out.media.is_empty());
    assert_eq!((out.metrics.steps, out.metrics.attempts), (2, 2));
    assert!(out.metrics.duration >= out.metrics.step_time);

    assert_eq!(paths(&out.steps), ["shout", "decorate_it"]);
    let shout = out.steps.at("shout").expect("is there");
    assert_eq!(shout.outcome(), StepOutcome::Completed);
    assert_eq!((shout.name(), shout.executor(), shout.attempts(), shout.is_container()), ("shout", "shout", 1, false));
    assert_eq!(shout.content().expect("writes"), Some(json!({ "text": "ADA" })));
    assert!(shout.type_name().is_some_and(|name| name.ends_with("::Text")));
    assert!(shout.error().is_none() && !shout.ended_workflow() && shout.route().is_empty());
    assert!(out.steps.at("nowhere").is_none());
    assert!(format!("{out:?}").contains("* ADA *"));
}

#[tokio::test]
async fn what_is_not_said_is_empty_or_generated() {
    let wf = HelloThere::new();
    let (a, b) = (wf.run("a").await.expect("completes"), wf.run("b").await.expect("completes"));
    assert_ne!(a.run_id, b.run_id);
    assert_ne!(a.session_id, b.session_id);
    assert!(a.run_id < b.run_id, "run ids are ordered by time");
    assert_eq!((a.user_id, a.metadata), (None, Value::Null));
}

#[tokio::test]
async fn the_builder_overrides_name_and_id() {
    let wf = HelloThere::builder().name("Greeter").id("greeter").build();
    let out = wf.run("a").await.expect("completes");
    assert_eq!((&*out.workflow, &*out.workflow_id), ("Greeter", "greeter"));
    assert_eq!((HelloThere::PLAN.name, HelloThere::PLAN.id), ("Hello there", "hello-there"));
}

#[step]
async fn flaky(text: &str, ctx: &StepContext) -> Result<String, std::io::Error> {
    if ctx.attempt() < 3 { Err(std::io::Error::other("not yet")) } else { Ok(text.to_owned()) }
}

#[step]
async fn broken(_text: &str) -> Result<String, std::io::Error> {
    Err(std::io::Error::other("out of order"))
}

#[step]
fn is_short(text: &str) -> bool {
    text.len() < 5
}

#[step]
fn grow(text: &str) -> String {
    format!("{text}!")
}

#[step]
async fn slow(text: &str) -> String {
    tokio::time::sleep(Duration::from_secs(5)).await;
    text.to_owned()
}

workflow! {
    Everything(text: String) -> usize {
        flaky with (retry = 2, backoff = "1s", label = "Try it");
        broken with (on_error = skip);
        steps group { grow as first; }
        parallel both { slow; steps inner { grow; broken with (on_error = skip); } }
        map as joined |a, b| format!("{a}{b}");
        condition size (is_short) { grow as longer; } else { grow as other; }
        loop again (max = 2) { grow as turn; }
        router way (|text| text.len() > 3) { true => grow as long, false => grow as short }
        sleep "10s";
        map |text| text.len();
    }
}

#[tokio::test(start_paused = true)]
async fn every_node_has_a_result() {
    let out = soon(Everything::new().run("ab")).await.expect("completes");
    assert_eq!(
        paths(&out.steps),
        [
            "flaky",
            "broken",
            "group/first",
            "group",
            "both/slow",
            "both/inner/grow",
            "both/inner/broken",
            "both/inner",
            "both",
            "joined",
            "size/if",
            "size/other",
            "size",
            "again[0]/turn",
            "again[0]",
            "again[1]/turn",
            "again[1]",
            "again",
            "way/select",
            "way/long",
            "way",
            "sleep",
            "map",
        ]
    );
    let at = |path: &str| out.steps.at(path).expect("is there");
    assert_eq!((at("flaky").attempts(), at("flaky").label().as_str()), (3, "Try it"));
    assert_eq!((at("both").attempts(), at("both").is_container(), at("both").content().expect("writes")), (0, true, None));
    assert_eq!(at("broken").outcome(), StepOutcome::Skipped("out of order".to_owned()));
    assert_eq!(at("broken").content().expect("writes"), None, "an error's text is no data");
    assert_eq!(at("size/if").content().expect("writes"), Some(json!(false)));
    assert_eq!(at("size/if").executor(), "is_short");
    assert_eq!(at("way").route(), ["true"]);
    assert_eq!(at("both/slow").duration().as_secs(), 5, "{:?}", at("both/slow").duration());
    assert!(at("both").started() >= at("flaky").duration());
    assert_eq!(at("group/first").label(), "first");
    // Retries wait: half a second to one, then one to two.
    assert!(at("flaky").duration() >= Duration::from_millis(1500));
    assert_eq!(out.metrics.attempts, 3 + 14);
    assert_eq!(out.metrics.steps, 15);
    assert!(out.metrics.duration >= Duration::from_secs(16));
    let metrics = out.steps.metrics();
    assert_eq!((metrics["flaky"].attempts, metrics["flaky"].executor.as_str()), (3, "flaky"));
    assert!(metrics.contains_key("again[1]/turn"), "loops do not overwrite");
}

#[tokio::test]
async fn labels_come_from_the_node_the_step_or_the_name() {
    let out = HelloThere::new().run("a").await.expect("completes");
    assert_eq!(out.steps.at("shout").expect("is there").label(), "shout");
    assert_eq!(out.steps.at("decorate_it").expect("is there").label(), "Make it pretty");
}

#[tokio::test(start_paused = true)]
async fn results_are_json() {
    let out = soon(Everything::new().run("ab")).await.expect("completes");
    let json = serde_json::to_value(&out.steps).expect("writes");
    let broken = &json[1];
    assert_eq!(
        (&broken["path"], &broken["outcome"], &broken["error"], &broken["content"]),
        (&json!("broken"), &json!("skipped"), &json!("out of order"), &Value::Null)
    );
    assert_eq!(json[0]["content"], "ab");
    assert_eq!(json[0]["attempts"], 3);
}

#[step]
fn keep(text: &str) -> String {
    text.to_owned()
}

workflow! {
    Asking(text: String) -> String {
        grow;
        ask sure: bool = "Sure?";
        keep(grow);
    }
}

#[tokio::test]
async fn a_pause_is_an_outcome_and_for_who_awaits_an_error() {
    let wf = Asking::new();
    let Outcome::Paused(paused) = wf.run("a").outcome().await.expect("is no error") else { panic!("there is a question") };
    assert_eq!(paused.questions().len(), 1);
    assert_eq!(paused.partial().status, Status::Paused);
    assert_eq!(paths(&paused.partial().steps), ["grow"]);
    let text = paused.to_string();
    assert!(text.contains("Sure?") && text.contains("`sure`") && text.contains(".answer("), "{text}");

    let error = wf.run("a").await.expect_err("nobody answered");
    let RunError::Paused(paused) = &error else { panic!("{error}") };
    assert_eq!(error.run_id(), Some(paused.run_id()));
    assert_eq!(error.status(), Some(Status::Paused));

    let completed = HelloThere::new().run("a").outcome().await.expect("completes");
    assert!(matches!(&completed, Outcome::Completed(out) if *out.content == "* A *"));
    assert!(format!("{completed:?}").starts_with("Completed"));
}

#[tokio::test]
async fn one_value_runs_many_times_at_once() {
    let wf = HelloThere::new();
    let other = wf.clone();
    let outs = futures_util::future::join_all(
        (0..20).map(|n| if n % 2 == 0 { wf.run(n.to_string()) } else { other.run(n.to_string()) }.into_future()),
    )
    .await;
    for (n, out) in outs.into_iter().enumerate() {
        assert_eq!(*out.expect("completes").content, format!("* {n} *"));
    }
    assert_eq!(wf.sessions().list().await.expect("it answers").len(), 20, "clones share the store");
}

#[tokio::test]
async fn an_output_may_be_shared_and_read_again() {
    let wf = HelloThere::new();
    let out = wf.run("a").session("s").await.expect("completes");
    let again = out.clone();
    assert!(Arc::ptr_eq(&out.content, &again.content));
    let stored = wf.get_run(&*out.run_id).await.expect("reads").expect("is there");
    assert_eq!((stored.status, stored.content.clone(), &*stored.session_id), (Status::Completed, Some(json!("* A *")), "s"));
    assert!(stored.has_completed());
    assert_eq!(stored.input, json!("a"));
    let typed = stored.into_typed::<HelloThere>().expect("is one");
    assert_eq!(*typed.content, "* A *");
    let stored = wf.get_run(&*out.run_id).await.expect("reads").expect("is there");
    let error = stored.into_typed::<Everything>().expect_err("its output is a number");
    assert!(error.to_string().contains("Everything"), "{error}");
    assert!(wf.get_run("nowhere").await.expect("reads").is_none());
}

#[tokio::test]
async fn ids_of_runs_are_in_the_order_of_their_time() {
    let wf = HelloThere::new();
    let mut ids = Vec::new();
    for _ in 0..50 {
        ids.push(wf.run("Rust").await.expect("completes").run_id);
    }
    assert!(ids.is_sorted(), "{ids:?}");
}

//! What a step sees of its run.

use std::time::Duration;

use agno::prelude::*;
use serde_json::{Value, json};

use crate::{
    probe::soon,
    support::{events, lines},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Seen {
    run: String,
    session: String,
    user: Option<String>,
    path: String,
    metadata: Value,
    attempt: u32,
    iteration: u32,
    max_iterations: u32,
    key: String,
    cancelled: bool,
}

#[step]
async fn look(_text: &str, ctx: &StepContext) -> Seen {
    Seen {
        run: ctx.run_id().to_owned(),
        session: ctx.session_id().to_owned(),
        user: ctx.user_id().map(str::to_owned),
        path: ctx.path(),
        metadata: ctx.metadata().clone(),
        attempt: ctx.attempt(),
        iteration: ctx.iteration(),
        max_iterations: ctx.max_iterations(),
        key: ctx.idempotency_key(),
        cancelled: ctx.cancelled(),
    }
}

workflow! { Look(text: String) -> Seen { look; } }

#[tokio::test]
async fn the_run_and_where_it_stands() {
    let out = Look::new().run("a").run_id("r").session("s").user("u").metadata(json!({ "a": 1 })).await.expect("completes");
    let expected = Seen {
        run: "r".into(),
        session: "s".into(),
        user: Some("u".into()),
        path: "look".into(),
        metadata: json!({ "a": 1 }),
        attempt: 1,
        iteration: 0,
        max_iterations: 0,
        key: "r/look".into(),
        cancelled: false,
    };
    assert_eq!(*out.content, expected);
    let out = Look::new().run("a").await.expect("completes");
    assert_eq!((out.content.run.as_str(), &out.content.user, &out.content.metadata), (&*out.run_id, &None, &Value::Null));
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Turn {
    at: Vec<String>,
}

#[step]
fn begin(_text: &str) -> Turn {
    Turn { at: Vec::new() }
}

#[step]
fn note(turn: &Turn, ctx: &StepContext) -> Turn {
    let mut turn = turn.clone();
    turn.at.push(format!("{} {}/{} {}", ctx.path(), ctx.iteration(), ctx.max_iterations(), ctx.idempotency_key()));
    turn
}

workflow! {
    Turns(text: String) -> Turn {
        begin;
        loop outer (max = 2) {
            note;
            loop inner (max = 1) { note; }
            note as after;
        }
    }
}

#[tokio::test]
async fn the_innermost_loop_counts() {
    let out = Turns::new().run("a").run_id("r").await.expect("completes");
    assert_eq!(
        out.content.at,
        [
            "outer[0]/note 0/2 r/outer[0]/note",
            "outer[0]/inner[0]/note 0/1 r/outer[0]/inner[0]/note",
            "outer[0]/after 0/2 r/outer[0]/after",
            "outer[1]/note 1/2 r/outer[1]/note",
            "outer[1]/inner[0]/note 0/1 r/outer[1]/inner[0]/note",
            "outer[1]/after 1/2 r/outer[1]/after",
        ]
    );
}

#[step(retry = 2, backoff = "1s")]
async fn attempts(_text: &str, ctx: &StepContext) -> Result<Seen, std::io::Error> {
    ctx.progress(format!("attempt {}", ctx.attempt()), ());
    if ctx.attempt() < 3 { Err(std::io::Error::other(ctx.idempotency_key())) } else { Ok(look("", ctx).await) }
}

workflow! { Attempts(text: String) -> Seen { attempts; } }

#[tokio::test(start_paused = true)]
async fn every_attempt_has_its_number_and_one_key() {
    let mut stream = Attempts::new().run("a").run_id("r").stream();
    let seen = soon(events(&mut stream)).await;
    let texts: Vec<_> = seen.iter().filter_map(Event::text).collect();
    assert_eq!(texts[..5], ["attempt 1", "r/attempts", "attempt 2", "r/attempts", "attempt 3"]);
    let Some(Ok(Outcome::Completed(out))) = stream.outcome() else { panic!("completes") };
    assert_eq!((out.content.attempt, out.content.key.as_str()), (3, "r/attempts"));
}

#[derive(Debug, Deserialize)]
struct Data {
    limit: u32,
}

#[step]
fn limit(_text: &str, ctx: &StepContext) -> agno::Result<u32> {
    Ok(ctx.additional_data::<Data>()?.limit)
}

#[step]
fn maybe(_text: &str, ctx: &StepContext) -> agno::Result<bool> {
    Ok(ctx.additional_data::<Option<Value>>()?.is_some())
}

workflow! { Limit(text: String) -> u32 { limit; } }

workflow! { Maybe(text: String) -> bool { maybe; } }

#[tokio::test]
async fn additional_data_is_read_as_what_it_should_be() {
    let out = Limit::new().run("a").additional_data(json!({ "limit": 3, "more": 1 })).await.expect("completes");
    assert_eq!(*out.content, 3);
    let error = Limit::new().run("a").additional_data(json!({ "limit": "x" })).await.expect_err("is no number");
    assert!(matches!(&error, RunError::Failed { path, .. } if path == "limit"), "{error}");
    Limit::new().run("a").await.expect_err("there is none");
    assert!(!*Maybe::new().run("a").await.expect("none is null").content);
}

#[derive(Clone, Debug, Default, JsonSchema)]
struct Client {
    name: String,
}

#[step]
fn name(_text: &str, #[extra] client: &Client) -> String {
    client.name.clone()
}

workflow! {
    Typed(text: String) -> String { extra client: Client; name; }
}

#[tokio::test]
async fn declared_data_is_given_or_the_default() {
    assert_eq!(*Typed::new().run("a").extra(Client { name: "x".into() }).await.expect("completes").content, "x");
    assert_eq!(*Typed::new().run("a").await.expect("completes").content, "");
}

#[step]
async fn talks(text: &str, ctx: &StepContext) -> String {
    ctx.emit("chunk");
    ctx.emit(json!({ "n": 1 }));
    ctx.progress("half way", 50);
    ctx.progress("no data", ());
    ctx.emit_event("mine", vec![1, 2]);
    text.to_owned()
}

workflow! { Talks(text: String) -> String { talks; } }

#[tokio::test]
async fn a_step_says_what_it_wants() {
    let seen = events(Talks::new().run("a").stream()).await;
    let kinds: Vec<_> = seen[2..7].iter().map(|event| event.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            EventKind::RunContent { content: json!("chunk") },
            EventKind::RunContent { content: json!({ "n": 1 }) },
            EventKind::StepProgress { message: "half way".into(), data: json!(50) },
            EventKind::StepProgress { message: "no data".into(), data: Value::Null },
            EventKind::CustomEvent { name: "mine".into(), value: json!([1, 2]) },
        ]
    );
    assert!(seen[2..7].iter().all(|event| event.path == "talks"));
}

/// Keeps the context, and speaks when it is over.
#[step(timeout = "10ms", blocking)]
fn late(text: &str, ctx: &StepContext) -> String {
    while !OVER.load(std::sync::atomic::Ordering::SeqCst) {
        std::thread::yield_now();
    }
    ctx.progress("too late", ());
    ctx.emit("too late");
    text.to_owned()
}

static OVER: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

#[step]
fn frees(text: &str) -> String {
    OVER.store(true, std::sync::atomic::Ordering::SeqCst);
    text.to_owned()
}

workflow! { Late(text: String) -> String { late with (on_error = skip); frees; } }

#[tokio::test]
async fn who_speaks_after_its_step_is_not_heard() {
    let seen = events(Late::new().run("a").stream()).await;
    assert_eq!(
        lines(&seen),
        [
            "WorkflowStarted",
            "StepStarted late",
            "StepSkipped late",
            "StepStarted frees",
            "StepOutput frees",
            "StepCompleted frees",
            "WorkflowCompleted"
        ]
    );
}

#[step(blocking, timeout = "1h")]
fn sees_the_end(_text: &str, ctx: &StepContext) -> bool {
    while !ctx.cancelled() {
        std::thread::yield_now();
    }
    SEEN.store(true, std::sync::atomic::Ordering::SeqCst);
    true
}

static SEEN: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

workflow! { SeesTheEnd(text: String) -> bool { sees_the_end; } }

#[tokio::test]
async fn who_blocks_can_look_whether_it_is_wanted() {
    let wf = SeesTheEnd::new();
    let handle = wf.run("a").background().await.expect("begins");
    soon(handle.cancel()).await.expect("is cancelled");
    assert!(matches!(handle.wait().await, Err(RunError::Cancelled { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_for_each_attempt() {
    #[step(retry = 1, backoff = "1s", timeout = "10s")]
    async fn slow(_text: &str, ctx: &StepContext) -> u32 {
        if ctx.attempt() == 1 {
            tokio::time::sleep(Duration::from_secs(11)).await;
        }
        tokio::time::sleep(Duration::from_secs(9)).await;
        ctx.attempt()
    }
    workflow! { Slow(text: String) -> u32 { slow; } }
    assert_eq!(*soon(Slow::new().run("a")).await.expect("completes").content, 2);
}

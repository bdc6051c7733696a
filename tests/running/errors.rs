//! What errors say, and what they carry.

use std::{error::Error as _, fmt};

use agno::{StepErrorKind, prelude::*};
use serde_json::json;

use crate::{probe::soon, support::paths};

#[derive(Debug)]
struct Outer(Inner);

#[derive(Debug)]
struct Inner;

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the page is not there")
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no route to host")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl std::error::Error for Inner {}

#[step]
fn first(text: &str) -> String {
    text.to_owned()
}

#[step(retry = 2, backoff = "1s")]
async fn fetch(_text: &str) -> Result<String, Outer> {
    Err(Outer(Inner))
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Count {
    n: u32,
}

#[step]
fn count(text: &str, count: &mut Count) -> String {
    count.n += 1;
    text.to_owned()
}

workflow! {
    Fetches(text: String) -> String {
        state count: Count;
        first;
        steps group { count; fetch; }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_where_why_and_what_to_do_and_carries_what_was_done() {
    let error = soon(Fetches::new().run("a").run_id("r").session("s")).await.expect_err("fails");
    assert_eq!(
        error.to_string(),
        "run `r` failed at `group/fetch`: the page is not there (after 3 attempts); `resume` runs this node again"
    );
    let RunError::Failed { path, attempts, source, .. } = &error else { panic!("{error}") };
    assert_eq!(
        (path.as_str(), *attempts, source.kind, source.message.as_str()),
        ("group/fetch", 3, StepErrorKind::Error, "the page is not there")
    );
    assert!(source.downcast_ref::<Outer>().is_some() && source.downcast_ref::<Inner>().is_none());
    assert_eq!(error.source().expect("has a cause").to_string(), "no route to host", "what is said already is not said again");
    assert_eq!((error.run_id(), error.status(), error.is_transient()), (Some("r"), Some(Status::Failed), true));
    let partial = error.partial().expect("there is a run");
    assert_eq!((&*partial.run_id, &*partial.session_id, partial.state.clone()), ("r", "s", Some(json!({ "n": 1 }))));
    assert_eq!(paths(&partial.steps), ["first", "group/count", "group/fetch", "group"]);
    assert_eq!((partial.metrics.steps, partial.metrics.attempts), (2, 5));

    let error = agno::Error::from(error);
    assert_eq!(
        format!("{error:?}"),
        "run `r` failed at `group/fetch`: the page is not there (after 3 attempts); `resume` runs this node again\n  caused by: no route to host",
        "this is what `main` shows"
    );
    assert!(error.as_run().is_some());
    assert!(agno::Error::other("mine").as_run().is_none());
    assert_eq!(format!("{:?}", agno::Error::other("mine")), "mine");
}

#[tokio::test]
async fn main_may_return_it() {
    async fn main() -> agno::Result<()> {
        Fetches::new().run_json(json!(1)).await?;
        Ok(())
    }
    let error = main().await.expect_err("is no text");
    assert!(format!("{error:?}").starts_with("the input is not valid: the value: "), "{error:?}");
    async fn other() -> agno::Result<()> {
        let _: u32 = serde_json::from_str("x")?;
        std::fs::read("/nowhere/at/all")?;
        Ok(())
    }
    assert!(matches!(other().await, Err(agno::Error::Json(_))));
}

workflow! { Asks(text: String) -> bool { ask sure: bool = "Sure?"; } }

#[tokio::test]
async fn each_kind_says_what_to_do_next() {
    let wf = Asks::new();
    let says = |error: RunError, parts: &[&str]| {
        let text = error.to_string();
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!format!("{error:?}").is_empty());
        error
    };
    let paused = says(
        wf.run("a").run_id("r").await.expect_err("asks"),
        &["run `r` waits for 1 answer:", "`sure` (bool): Sure?", "\n    answer with `.answer(\"r\", \"sure\", true)`, or `false`"],
    );
    assert_eq!((paused.run_id(), paused.status(), paused.is_transient()), (Some("r"), Some(Status::Paused), false));
    let wrong = says(wf.answer("r", "sure", "maybe").await.expect_err("is no bool"), &["`sure` is not valid", "run `r` stays paused"]);
    assert_eq!(wrong.status(), Some(Status::Paused));
    says(wf.answer("r", "what", true).await.expect_err("is unknown"), &["no single open question `what`", "answer one of `sure`"]);
    says(wf.run("b").run_id("r").await.expect_err("is another input"), &["run `r`: there is a run of this id with another input"]);
    says(wf.resume("nowhere").await.expect_err("is nowhere"), &["there is no run `nowhere` here", "check the id"]);
    wf.cancel("r").await.expect("is cancelled");
    let cancelled = says(wf.resume("r").await.expect_err("is cancelled"), &["run `r` was cancelled after 0 steps", "start a new one"]);
    says(
        wf.answer("r", "sure", true).await.expect_err("is too late"),
        &["no single open question `sure`", "none is open, and it is cancelled"],
    );
    assert_eq!((cancelled.status(), cancelled.run_id()), (Some(Status::Cancelled), Some("r")));
    assert!(cancelled.partial().is_some() && cancelled.source().is_none());
}

#[tokio::test]
async fn errors_are_shared_and_sent() {
    fn shared<T: Clone + Send + Sync + std::error::Error + 'static>() {}
    shared::<RunError>();
    shared::<StepError>();
    fn sent<T: Send + Sync + std::error::Error + 'static>() {}
    sent::<agno::Error>();
    let error = Asks::new().resume("nowhere").await.expect_err("is nowhere");
    let anyhow: anyhow::Error = agno::Error::from(error).into();
    assert!(anyhow.downcast_ref::<agno::Error>().is_some());
}

#[test]
fn a_step_error_is_data() {
    let error: StepError =
        serde_json::from_value(json!({ "path": "a/b", "kind": "timeout", "message": "took long", "attempts": 2 })).expect("reads");
    assert_eq!(error.to_string(), "`a/b`: took long (after 2 attempts)");
    assert_eq!(
        serde_json::to_value(&error).expect("writes"),
        json!({ "path": "a/b", "kind": "timeout", "message": "took long", "attempts": 2 })
    );
    assert!(error.downcast_ref::<Outer>().is_none());
}

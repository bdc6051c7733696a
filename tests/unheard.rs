//! A run to which nobody listens counts its events as if somebody did.
//!
//! A binary of its own: elsewhere the audit of tests listens to every run.

use agno::{prelude::*, testing::audit};
use futures_util::StreamExt as _;

#[step(retry = 1, backoff = "1s")]
async fn flaky(text: &str, ctx: &StepContext) -> Result<String, std::io::Error> {
    ctx.emit("chunk");
    ctx.progress("half way", ());
    ctx.emit_event("mine", 1);
    if ctx.attempt() == 1 { Err(std::io::Error::other("not yet")) } else { Ok(text.to_owned()) }
}

#[step]
fn same(text: &str) -> String {
    text.to_owned()
}

#[step]
fn letters(text: &str) -> Vec<String> {
    text.chars().map(String::from).collect()
}

#[step]
async fn broken(_text: &str) -> Result<String, std::io::Error> {
    Err(std::io::Error::other("out of order"))
}

#[step]
async fn endless(_text: &str) -> String {
    std::future::pending().await
}

#[step]
async fn calls(text: &str, ctx: &StepContext) -> Result<String, StepError> {
    let lost =
        futures_util::future::select(ctx.step::<endless>(text.to_owned()).into_future(), ctx.step::<same>(text.to_owned()).into_future());
    drop(lost.await);
    let inner = ctx.call(&Inner::new(), text.to_owned()).await?;
    Ok(inner.to_string())
}

workflow! { Inner(text: String) -> String { same; steps group { flaky; } } }

workflow! { Fails(text: String) -> String { broken; } }

workflow! {
    Everything(text: String) -> String {
        flaky;
        broken with (on_error = skip);
        Fails with (on_error = skip);
        Fails as twice with (on_error = skip, retry = 1);
        broken as replaced with (on_error = fallback(same));
        steps raced (on_error = skip) { parallel race { steps lost { endless; } broken; } map as never |a, b| format!("{a}{b}"); }
        parallel gathered (on_error = collect) { same; broken; Inner; }
        map |a, b, c| format!("{}{}{}", a.is_ok(), b.is_err(), c.is_ok());
        letters;
        each items (limit = 3) { same; }
        map as joined |items| items.concat();
        condition long (|text| text.len() > 3) { Inner; }
        loop turns (max = 2) { same as turn; }
        router way (|text| text.len()) { 0 => same as empty, _ => { flaky as more; same as other; } }
        steps limited (timeout = "1m", on_error = skip) { endless as late; }
        sleep "1h";
        calls;
        parallel questions { ask sure: bool = "Sure?"; steps deep { ask really: bool = "Really?"; } }
        map as end |a, b| format!("{a}{b}");
        broken as last;
    }
}

/// The numbers of the first event of each later leg.
async fn numbers(heard: bool) -> Vec<u64> {
    let wf = Everything::new();
    let mut numbers = Vec::new();
    let run = wf.run("ab").run_id("r").store_events(heard);
    let Outcome::Paused(_) = run.outcome().await.expect("waits") else { panic!("asks") };
    let mut next = wf.answer("r", "sure", true).stream();
    numbers.push(next.next().await.expect("comes").expect("begins").sequence);
    assert_eq!(
        next.map(|event| event.expect("begins").name().to_string()).collect::<Vec<_>>().await.last().expect("ends"),
        "WorkflowPaused"
    );
    let error = wf.answer("r", "really", true).await.expect_err("the last one is broken");
    assert!(matches!(error, RunError::Failed { .. }), "{error}");
    let mut again = wf.resume("r").stream();
    numbers.push(again.next().await.expect("comes").expect("begins").sequence);
    numbers.extend(again.map(|event| event.expect("begins").sequence).collect::<Vec<_>>().await);
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!(stored.events.is_some(), heard);
    if let Some(events) = stored.events {
        assert!(events.iter().map(|event| event.sequence).eq(0..events.len() as u64));
        agno::testing::grammar::check(events.iter().map(|event| &**event), agno::testing::grammar::Extent::Whole).expect("is a sentence");
    }
    numbers
}

#[tokio::test(start_paused = true)]
async fn the_numbers_do_not_depend_on_who_listens() {
    audit::switch_off();
    let heard = numbers(true).await;
    assert!(heard[0] > 100, "{heard:?}");
    assert_eq!(numbers(false).await, heard);
}

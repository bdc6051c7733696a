//! State, additional data and the context.

use std::io;

use agno::{Media, prelude::*};
use serde_json::json;

use super::{Client, Count};
use crate::{completed, support::events};

/// Has no `Default`, and is no content.
#[derive(JsonSchema)]
struct Limits {
    most: u32,
}

#[step]
async fn bump(n: &u32, count: &mut Count) -> u32 {
    count.calls += 1;
    n + 1
}

#[step]
fn bump_sync(n: u32, count: &mut Count, #[extra] client: &Client) -> Result<u32, io::Error> {
    count.calls += u32::try_from(client.name.len()).expect("short");
    Ok(n)
}

#[step(blocking)]
fn peek(n: &u32, #[state] count: &Count, #[extra] client: &Client) -> String {
    format!("{n} {} {}", count.calls, client.name)
}

struct Bumper;

#[step]
impl Bumper {
    async fn run(&self, n: &u32, count: &mut Count, #[extra] client: &Client, ctx: &StepContext) -> u32 {
        count.calls += 100;
        assert_eq!((ctx.path(), &*client.name), ("bumper".to_owned(), "me"));
        *n
    }
}

workflow! {
    Stateful(n: u32) -> String {
        use bumper: Bumper;
        state count: Count;
        extra client: Client;
        bump;
        bump_sync;
        bumper;
        peek;
    }
}

#[tokio::test]
async fn a_step_changes_and_reads_the_state_and_sees_the_extra() {
    let workflow = Stateful::builder().bumper(Bumper).build();
    let run = workflow.run(1_u32).extra(Client { name: "me".into() }).session("s").await.expect("runs");
    assert_eq!(*run.content, "2 103 me");
    assert_eq!(run.state, Some(json!({ "calls": 103 })));
    assert_eq!(workflow.sessions().state::<Count>("s").await.expect("it answers").expect("is there").calls, 103);
}

workflow! { Defaulted(n: u32) -> String { state count: Count; extra client: Client; peek; } }

#[step]
fn within(n: &u32, #[extra] limits: &Limits) -> bool {
    *n <= limits.most
}

workflow! { Limited(n: u32) -> bool { extra limits: Limits; within; } }

#[tokio::test]
async fn an_extra_with_a_default_need_not_be_given() {
    assert_eq!(*Defaulted::new().run(1_u32).await.expect("runs").content, "1 0 ");
    assert!(*Limited::new().run(1_u32).extra(Limits { most: 1 }).await.expect("runs").content);
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct More {
    tags: Vec<String>,
}

#[step]
async fn look(n: &u32, ctx: &StepContext) -> agno::Result<Vec<String>> {
    let More { tags } = ctx.additional_data()?;
    ctx.attach(Media::file("https://example.org/new").name("new"));
    ctx.emit("chunk");
    ctx.progress("half", 0.5);
    ctx.emit_event("mine", json!({ "n": n }));
    Ok(vec![
        ctx.run_id().to_owned(),
        ctx.session_id().to_owned(),
        ctx.user_id().unwrap_or("nobody").to_owned(),
        ctx.path(),
        ctx.metadata()["source"].to_string(),
        tags.join("+"),
        ctx.attempt().to_string(),
        ctx.iteration().to_string(),
        ctx.idempotency_key(),
        ctx.cancelled().to_string(),
        format!("{} {} {} {}", ctx.images().len(), ctx.videos().len(), ctx.audio().len(), ctx.files().len()),
        ctx.history_text(3).await?,
    ])
}

#[step]
fn look_again(facts: &[String], ctx: &StepContext) -> Vec<String> {
    let mut facts = facts.to_vec();
    facts.extend(ctx.files().iter().filter_map(|file| file.name.clone()));
    facts
}

workflow! { Looking(n: u32) -> Vec<String> { look; look_again; } }

#[tokio::test]
async fn the_context_tells_of_the_run() {
    let workflow = Looking::new();
    let mut stream = workflow
        .run(1_u32)
        .run_id("r")
        .session("s")
        .user("u")
        .metadata(json!({ "source": 5 }))
        .additional_data(json!({ "tags": ["a", "b"] }))
        .image("https://example.org/picture")
        .media([Media::audio(vec![1, 2]), Media::video("https://example.org/film")])
        .stream();
    let told = events(&mut stream).await;
    let run = completed(stream.outcome().expect("has ended"));
    assert_eq!(*run.content, ["r", "s", "u", "look", "5", "a+b", "1", "0", "r/look", "false", "1 1 1 0", "", "new"]);
    assert_eq!((run.images().count(), run.files().count(), run.user_id.as_deref()), (1, 1, Some("u")));
    let texts: Vec<_> = told.iter().filter(|event| event.path == "look").filter_map(Event::text).collect();
    assert_eq!(texts[..2], ["chunk", "half"]);
    let custom = told.iter().find(|event| event.name() == agno::EventName::CustomEvent).expect("was sent");
    assert_eq!(custom.kind, EventKind::CustomEvent { name: "mine".into(), value: json!({ "n": 1 }) });
}

#[step]
async fn remember(n: &u32, ctx: &StepContext) -> agno::Result<Vec<String>> {
    let pairs = ctx.history::<Remembering>(2).await?;
    let mut facts: Vec<_> = pairs.iter().map(|(input, output)| format!("{input} {}", output.len())).collect();
    facts.push(n.to_string());
    Ok(facts)
}

workflow! { Remembering(n: u32) -> Vec<String> { remember; } }

#[step]
async fn block(n: &u32, ctx: &StepContext) -> agno::Result<String> {
    Ok(format!("{n}\n{}", ctx.history_text(2).await?))
}

workflow! { Blocks(n: u32) -> String { block; } }

#[tokio::test]
async fn history_is_that_of_the_session() {
    let workflow = Remembering::new();
    for n in 1..=3_u32 {
        workflow.run(n).session("s").await.expect("runs");
    }
    workflow.run(9_u32).session("other").await.expect("runs");
    assert_eq!(*workflow.run(4_u32).session("s").await.expect("runs").content, ["2 2", "3 3", "4"]);
    let workflow = Blocks::new();
    assert_eq!(*workflow.run(1_u32).session("s").await.expect("runs").content, "1\n");
    assert_eq!(
        *workflow.run(2_u32).session("s").await.expect("runs").content,
        "2\n<workflow_history_context>\n[run-1]\ninput: 1\nresponse: 1\n</workflow_history_context>"
    );
}

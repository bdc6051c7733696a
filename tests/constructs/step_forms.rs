//! Everything that `#[step]` accepts.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread::{self, ThreadId},
    time::Duration,
};

use agno::{About, Describe, Effect, History, Media, Status, StepErrorKind, StepInfo, Work, prelude::*};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    completed, ends, failure, kind_at,
    support::{events, paths},
    told,
};

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

// ------------------------------------------------------------------------------------------------ how it runs

static SEEN: Mutex<Vec<(&str, ThreadId)>> = Mutex::new(Vec::new());

fn seen(who: &'static str) {
    SEEN.lock().expect("nobody panics").push((who, thread::current().id()));
}

#[step]
async fn asynchronous(n: &u32) -> u32 {
    tokio::task::yield_now().await;
    seen("asynchronous");
    n + 1
}

#[step]
fn synchronous(n: &u32) -> u32 {
    seen("synchronous");
    n + 10
}

#[step(blocking)]
fn blocking(n: &u32) -> u32 {
    seen("blocking");
    n + 100
}

workflow! { Ways(n: u32) -> u32 { asynchronous; synchronous; blocking; } }

#[step]
async fn plus_one(n: &u32) -> u32 {
    n + 1
}

#[step]
fn plus_ten(n: &u32) -> u32 {
    n + 10
}

#[tokio::test]
async fn functions_run_in_place_and_blocking_ones_on_the_pool() {
    let (lines, came) = told(Ways::new().run(1_u32)).await;
    assert_eq!(*completed(came).content, 112);
    let here = thread::current().id();
    let seen: Vec<_> = SEEN.lock().expect("nobody panics").iter().map(|(who, id)| (*who, *id == here)).collect();
    assert_eq!(seen, [("asynchronous", true), ("synchronous", true), ("blocking", false)]);
    assert_eq!(
        lines,
        [
            "WorkflowStarted",
            "StepStarted asynchronous",
            "StepOutput asynchronous",
            "StepCompleted asynchronous",
            "StepStarted synchronous",
            "StepOutput synchronous",
            "StepCompleted synchronous",
            "StepStarted blocking",
            "StepOutput blocking",
            "StepCompleted blocking",
            "WorkflowCompleted",
        ]
    );
}

#[tokio::test]
async fn the_function_stays_callable() {
    assert_eq!(plus_one(&1).await, 2);
    assert_eq!(plus_ten(&1), 11);
}

// ------------------------------------------------------------------------------------------------ executors

struct Adder {
    by: u32,
}

/// Adds what it was made with.
#[step(retry = 1)]
impl Adder {
    async fn run(&self, n: &u32, ctx: &StepContext) -> Result<u32, io::Error> {
        if ctx.attempt() == 1 {
            return Err(io::Error::other("not yet"));
        }
        tokio::task::yield_now().await;
        Ok(n + self.by)
    }
}

struct Doubler;

#[step]
impl Doubler {
    fn run(&self, n: u32) -> u32 {
        n * 2
    }
}

struct Waiter {
    on: Mutex<Option<ThreadId>>,
}

#[step(blocking, name = "the_waiter", label = "Waits")]
impl Waiter {
    fn run(&self, n: &u32) -> u32 {
        *self.on.lock().expect("nobody panics") = Some(thread::current().id());
        n + 1
    }
}

workflow! {
    Executors(n: u32) -> u32 {
        use adder: Adder;
        use doubler: Doubler;
        use waiter: Waiter;
        adder;
        doubler;
        waiter;
        adder as again;
    }
}

#[tokio::test(start_paused = true)]
async fn executors_are_given_as_values_or_shared() {
    let (adder, waiter) = (Arc::new(Adder { by: 5 }), Arc::new(Waiter { on: Mutex::default() }));
    let workflow = Executors::builder().adder(Arc::clone(&adder)).doubler(Doubler).waiter(Arc::clone(&waiter)).build();
    let run = workflow.run(1_u32).await.expect("runs");
    assert_eq!(*run.content, (1 + 5) * 2 + 1 + 5);
    assert_eq!(paths(&run.steps), ["adder", "doubler", "waiter", "again"]);
    let executors: Vec<_> = run.steps.iter().map(|step| (step.executor(), step.attempts())).collect();
    assert_eq!(executors, [("adder", 2), ("doubler", 1), ("the_waiter", 1), ("adder", 2)]);
    let on = waiter.on.lock().expect("nobody panics").expect("it ran");
    assert_ne!(on, thread::current().id());
    // The same value serves another workflow, and a `T` is as good as an `Arc<T>`.
    let other = Executors::builder().waiter(waiter).adder(adder).doubler(Arc::new(Doubler)).build();
    assert_eq!(*other.run(2_u32).await.expect("runs").content, 20);
}

#[test]
fn executors_describe_themselves() {
    assert_eq!((Adder::NAME, Doubler::NAME, Waiter::NAME), ("adder", "doubler", "the_waiter"));
    assert_eq!(Adder::description(), Some("Adds what it was made with."));
    assert_eq!(Doubler::description(), None);
    let schema = json(&Adder::input_schema());
    assert_eq!(schema["required"], json!(["n"]));
    assert_eq!(json(&Waiter::output_schema())["type"], "integer");
    let info = info::<Waiter>();
    assert_eq!((info.work, info.label), (Work::Blocking, Some("Waits")));
}

// ------------------------------------------------------------------------------------------------ data

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
fn nothing() {}

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

// ------------------------------------------------------------------------------------------------ state, extra, context

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Count {
    calls: u32,
}

#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
struct Client {
    name: String,
}

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
    assert_eq!(workflow.sessions().state::<Count>("s").expect("is there").calls, 103);
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

// ------------------------------------------------------------------------------------------------ what it returns

#[derive(Debug, PartialEq)]
enum Refusal {
    Odd(u32),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Odd(n) = self;
        write!(f, "{n} is odd")
    }
}

impl std::error::Error for Refusal {}

#[step]
fn even(n: &u32) -> Result<u32, Refusal> {
    if n.is_multiple_of(2) { Ok(n / 2) } else { Err(Refusal::Odd(*n)) }
}

#[step]
async fn by_io(n: &u32) -> io::Result<u32> {
    if *n > 0 { Ok(*n) } else { Err(io::ErrorKind::NotFound.into()) }
}

#[step]
async fn by_anyhow(n: &u32) -> anyhow::Result<u32> {
    anyhow::ensure!(*n != 2, "two is not allowed");
    Ok(*n)
}

#[step]
fn by_text(n: &u32) -> Result<u32, String> {
    if *n == 3 { Err("three".into()) } else { Ok(*n) }
}

#[step]
fn by_box(n: &u32) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    if *n == 4 { Err("four".into()) } else { Ok(*n) }
}

workflow! { Results(n: u32) -> u32 { even; by_io; by_anyhow; by_text; by_box; } }

#[tokio::test]
async fn errors_of_any_kind_fail_the_run() {
    let workflow = Results::new();
    assert_eq!(*workflow.run(10_u32).await.expect("runs").content, 5);
    let odd = failure(workflow.run(7_u32).await);
    assert_eq!((&*odd.path, &*odd.message, odd.attempts), ("even", "7 is odd", 1));
    assert_eq!(odd.downcast_ref::<Refusal>(), Some(&Refusal::Odd(7)));
    let missing = failure(workflow.run(0_u32).await);
    assert_eq!(missing.downcast_ref::<io::Error>().map(io::Error::kind), Some(io::ErrorKind::NotFound));
    assert_eq!(failure(workflow.run(4_u32).await).to_string(), "`by_anyhow`: two is not allowed");
    assert_eq!(failure(workflow.run(6_u32).await).message, "three");
    assert_eq!(failure(workflow.run(8_u32).await).message, "four");
}

#[tokio::test]
async fn a_failed_run_says_what_was_done() {
    let workflow = Results::new();
    let error = workflow.run(4_u32).session("s").await.expect_err("fails");
    let text = error.to_string();
    assert!(text.contains("`by_anyhow`: two is not allowed") && text.contains("resume"), "{text}");
    assert_eq!(error.status(), Some(Status::Failed));
    let partial = error.partial().expect("there is a run");
    assert_eq!(ends(&partial.steps), ["even", "by_io", "by_anyhow: failed, two is not allowed"]);
    let (lines, _) = told(workflow.run(4_u32)).await;
    assert_eq!(lines[lines.len() - 2..], ["StepError by_anyhow", "WorkflowError"]);
}

#[step]
fn stop_at_zero(n: &u32) -> ControlFlow<String, u32> {
    if *n == 0 { ControlFlow::Break("zero".into()) } else { ControlFlow::Continue(*n) }
}

#[step]
async fn stop_at_one(n: &u32) -> Result<ControlFlow<String, u32>, Refusal> {
    match n {
        1 => Ok(ControlFlow::Break("one".into())),
        5 => Err(Refusal::Odd(5)),
        n => Ok(ControlFlow::Continue(*n)),
    }
}

#[step(blocking)]
fn stop_at_two(n: &u32) -> ControlFlow<String, Result<u32, Refusal>> {
    match n {
        2 => ControlFlow::Break("two".into()),
        7 => ControlFlow::Continue(Err(Refusal::Odd(7))),
        n => ControlFlow::Continue(Ok(*n)),
    }
}

struct Stopper;

#[step]
impl Stopper {
    async fn run(&self, n: &u32) -> anyhow::Result<ControlFlow<String, u32>> {
        Ok(if *n == 3 { ControlFlow::Break("three".into()) } else { ControlFlow::Continue(*n) })
    }
}

#[step]
fn show(n: &u32) -> String {
    format!("got {n}")
}

workflow! {
    Stops(n: u32) -> String {
        use stopper: Stopper;
        stop_at_zero;
        stop_at_one;
        stop_at_two;
        stopper;
        show;
    }
}

#[tokio::test]
async fn a_break_ends_the_workflow_with_its_output() {
    let workflow = Stops::builder().stopper(Stopper).build();
    for (n, output, done) in [(0_u32, "zero", 1), (1, "one", 2), (2, "two", 3), (3, "three", 4), (4, "got 4", 5)] {
        let run = workflow.run(n).await.expect("runs");
        assert_eq!((&**run.content, run.steps.len()), (output, done));
        assert_eq!(run.steps.last().expect("ran").ended_workflow(), n < 4);
    }
    assert_eq!(failure(workflow.run(5_u32).await).path, "stop_at_one");
    assert_eq!(failure(workflow.run(7_u32).await).path, "stop_at_two");
    let (lines, came) = told(workflow.run(1_u32)).await;
    assert_eq!(lines[lines.len() - 3..], ["StepStarted stop_at_one", "StepCompleted stop_at_one", "WorkflowCompleted"]);
    assert_eq!(*completed(came).content, "one");
}

workflow! {
    StopsInside(n: u32) -> String {
        steps outer {
            parallel both { stop_at_zero; show; }
            loop again |n, text| (max = 2) {
                stop_at_one(n);
                parallel two { map as a |n| *n; map as b |_| text.clone(); }
            }
            map |n, text| format!("{n} {text}");
        }
    }
}

#[tokio::test]
async fn a_break_ends_the_workflow_from_within_containers() {
    let workflow = StopsInside::new();
    let run = workflow.run(0_u32).await.expect("runs");
    assert_eq!((&**run.content, run.steps[0].ended_workflow()), ("zero", true));
    let (lines, came) = told(workflow.run(1_u32)).await;
    assert_eq!(*completed(came).content, "one");
    assert_eq!(
        lines[lines.len() - 5..],
        [
            "StepCompleted outer/again[0]/stop_at_one",
            "LoopIterationCompleted outer/again[0]",
            "LoopExecutionCompleted outer/again",
            "StepsExecutionCompleted outer",
            "WorkflowCompleted",
        ]
    );
    assert_eq!(*workflow.run(4_u32).await.expect("runs").content, "4 got 4");
}

// ------------------------------------------------------------------------------------------------ options

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

fn info<T: Describe>() -> StepInfo {
    match T::about() {
        About::Step(info) => info,
        About::Workflow(plan) => panic!("{} is a workflow", plan.name),
    }
}

fn json(schema: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(schema).expect("a schema is JSON")
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

/// When attempts began, from the first one on.
#[derive(Default)]
struct Attempts(Mutex<Vec<Instant>>);

impl Attempts {
    fn delays(&self) -> Vec<Duration> {
        let times = self.0.lock().expect("nobody panics");
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }
}

struct Flaky {
    attempts: Attempts,
    fails: u32,
}

#[step(retry = 6, backoff = "1s", max_backoff = "4s")]
impl Flaky {
    async fn run(&self, n: &u32, ctx: &StepContext) -> Result<u32, Refusal> {
        self.attempts.0.lock().expect("nobody panics").push(Instant::now());
        if ctx.attempt() <= self.fails { Err(Refusal::Odd(ctx.attempt())) } else { Ok(*n) }
    }
}

workflow! { Retrying(n: u32) -> u32 { use flaky: Flaky; flaky; } }

#[tokio::test(start_paused = true)]
async fn errors_are_retried_after_a_growing_capped_wait() {
    let flaky = Arc::new(Flaky { attempts: Attempts::default(), fails: 5 });
    let (lines, came) = told(Retrying::builder().flaky(Arc::clone(&flaky)).build().run(3_u32)).await;
    let run = completed(came);
    assert_eq!((*run.content, run.steps[0].attempts(), run.metrics.attempts), (3, 6, 6));
    let full = [1, 2, 4, 4, 4].map(Duration::from_secs);
    let delays = flaky.attempts.delays();
    assert_eq!(delays.len(), full.len());
    for (delay, full) in delays.into_iter().zip(full) {
        // The timer's resolution is a millisecond.
        assert!(full / 2 <= delay && delay <= full + Duration::from_millis(1), "{delay:?} of {full:?}");
    }
    let retries = lines.iter().filter(|line| *line == "StepRetrying flaky").count();
    assert_eq!((retries, lines.len()), (5, 1 + 1 + 5 + 2 + 1));
}

#[tokio::test(start_paused = true)]
async fn the_last_error_counts_when_attempts_run_out() {
    let flaky = Arc::new(Flaky { attempts: Attempts::default(), fails: 100 });
    let error = failure(Retrying::builder().flaky(flaky).build().run(3_u32).await);
    assert_eq!((error.attempts, &*error.message), (7, "7 is odd"));
    assert_eq!(error.to_string(), "`flaky`: 7 is odd (after 7 attempts)");
}

#[step(retry = 5, backoff = "1ms", retry_if = is_worth_it)]
async fn picky(n: &u32, ctx: &StepContext) -> Result<u32, Refusal> {
    if ctx.attempt() < *n { Err(Refusal::Odd(ctx.attempt())) } else { Err(Refusal::Odd(1000)) }
}

fn is_worth_it(refusal: &Refusal) -> bool {
    *refusal != Refusal::Odd(1000)
}

workflow! { Picky(n: u32) -> u32 { picky; } }

#[tokio::test(start_paused = true)]
async fn retry_if_says_which_errors_are_worth_it() {
    let error = failure(Picky::new().run(3_u32).await);
    assert_eq!((error.attempts, &*error.message), (3, "1000 is odd"));
    assert_eq!(failure(Picky::new().run(100_u32).await).attempts, 6);
}

#[step(retry = 2, backoff = "1ms", timeout = "5s")]
async fn slow(n: &u32, ctx: &StepContext) -> u32 {
    if ctx.attempt() <= *n {
        std::future::pending().await
    }
    ctx.attempt()
}

workflow! { Slow(n: u32) -> u32 { slow; } }

#[tokio::test(start_paused = true)]
async fn a_timeout_is_that_of_an_attempt_and_is_retried() {
    let began = Instant::now();
    let run = Slow::new().run(2_u32).await.expect("runs");
    assert_eq!(*run.content, 3);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(10) && took < Duration::from_secs(11), "{took:?}");
    let error = failure(Slow::new().run(3_u32).await);
    assert_eq!((error.kind, error.attempts), (StepErrorKind::Timeout, 3));
    assert_eq!(error.message, "took longer than its timeout of 5s");
}

static FINISHED: AtomicU32 = AtomicU32::new(0);

struct Door {
    begun: Arc<tokio::sync::Notify>,
    opens: Mutex<std::sync::mpsc::Receiver<()>>,
}

#[step(blocking, timeout = "5s")]
impl Door {
    fn run(&self, n: &u32) -> u32 {
        self.begun.notify_one();
        // Whoever tests opens it, or goes away.
        _ = self.opens.lock().expect("nobody panics").recv();
        FINISHED.fetch_add(1, SeqCst);
        *n
    }
}

workflow! { Behind(n: u32) -> u32 { use door: Door; door with (on_error = none); map |none| none.unwrap_or(77); } }

#[tokio::test]
async fn a_blocking_step_is_waited_for_though_its_result_is_dropped() {
    let (open, opens) = std::sync::mpsc::channel();
    let begun = Arc::<tokio::sync::Notify>::default();
    let workflow = Behind::builder().door(Door { begun: Arc::clone(&begun), opens: Mutex::new(opens) }).build();
    tokio::time::pause();
    let handle = workflow.run(1_u32).background().await.expect("begins");
    // The timeout is reported at once: what comes after it has run.
    let mut events = std::pin::pin!(handle.events(0).expect("are kept"));
    let mut until = async |end: (agno::EventName, &str)| {
        loop {
            let event = events.next().await.expect("the run goes on");
            if (event.name(), &*event.path) == end {
                break;
            }
        }
    };
    until((agno::EventName::StepStarted, "door")).await;
    begun.notified().await;
    // Paused time does not advance by itself while the pool works.
    tokio::time::advance(Duration::from_secs(6)).await;
    until((agno::EventName::StepCompleted, "map")).await;
    assert_eq!(FINISHED.load(SeqCst), 0);
    open.send(()).expect("the thread waits");
    let run = handle.wait().await.expect("completes");
    assert_eq!((*run.content, FINISHED.load(SeqCst)), (77, 1));
}

#[step(retry = 3)]
async fn panics(n: &u32) -> u32 {
    assert_ne!(*n, 1, "one is wrong");
    *n
}

workflow! { Panics(n: u32) -> u32 { panics; } }

#[tokio::test]
async fn panics_are_not_retried() {
    let error = failure(Panics::new().run(1_u32).await);
    assert_eq!((error.kind, error.attempts), (StepErrorKind::Panic, 1));
    assert!(error.message.contains("one is wrong"), "{}", error.message);
    assert_eq!(kind_at(Panics::new().run(1_u32).await), (StepErrorKind::Panic, "panics".to_owned()));
}

// ------------------------------------------------------------------------------------------------ modules, raw names

mod library {
    use agno::prelude::*;

    #[step]
    pub(super) fn imported(n: &u32) -> u32 {
        n + 1
    }

    pub(super) mod deep {
        use agno::prelude::*;

        #[step]
        pub(in super::super) fn r#match(n: &u32) -> u32 {
            n * 3
        }
    }
}

use library::imported;

workflow! { FromModules(n: u32) -> u32 { imported; library::imported as again; library::deep::r#match; self::library::imported as third; } }

#[tokio::test]
async fn steps_come_from_modules_and_may_have_raw_names() {
    let run = FromModules::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, 10);
    assert_eq!(paths(&run.steps), ["imported", "again", "match", "third"]);
}

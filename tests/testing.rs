//! `agno::testing`, as the tests of a user's crate use it: a program, and what its tests say of it.

use std::time::Duration;

use agno::{
    StepErrorKind,
    prelude::*,
    testing::{Answers, EventLog, Script, assert_no_lints, double_of, grammar},
};

// ------------------------------------------------------------------------------------------------ the program

/// What to write about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Topic {
    title: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Posts(Vec<String>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Draft {
    text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Usage {
    drafts: u32,
}

#[derive(Debug)]
struct Down;

impl std::fmt::Display for Down {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the site is down")
    }
}

impl std::error::Error for Down {}

/// Asks a site that no test can reach.
#[step(retry = 2, backoff = "10m")]
async fn search(topic: &Topic) -> Result<Posts, Down> {
    _ = topic;
    Err(Down)
}

/// Counts what it writes.
#[step]
fn write(posts: &Posts, limit: usize, note: Option<&str>, usage: &mut Usage) -> Draft {
    usage.drafts += 1;
    Draft { text: format!("{}{}", posts.0[..limit.min(posts.0.len())].join(" "), note.unwrap_or_default()) }
}

/// Stands for a model.
struct Editor;

#[step]
impl Editor {
    async fn run(&self, draft: &Draft, ctx: &StepContext) -> Result<Draft, Down> {
        ctx.emit("editing");
        _ = draft;
        Err(Down)
    }
}

#[step]
async fn check(draft: &Draft) -> Result<Draft, Down> {
    _ = draft;
    Err(Down)
}

workflow! {
    /// Checks the facts of a draft.
    FactCheck(draft: Draft) -> Draft { check; }
}

workflow! {
    /// Writes an article.
    Article(topic: Topic) -> Draft {
        use editor: Editor;
        state usage: Usage;
        search;
        write(search, 2, Some(".".to_owned()));
        sleep "3d";
        editor;
        FactCheck;
        loop refine (max = 2, until = |draft| draft.text.ends_with('!')) { editor as again; }
        ask publish: bool = "Publish it?";
        condition unpublished (|publish| !publish) { map |_| true; }
        map as out |_| refine.clone();
    }
}

fn posts() -> Posts {
    Posts(["a", "b", "c"].map(str::to_owned).to_vec())
}

fn topic() -> Topic {
    Topic { title: "Rust".into() }
}

fn draft(text: &str) -> Draft {
    Draft { text: text.to_owned() }
}

// ------------------------------------------------------------------------------------------------ its tests

fn article() -> Article {
    Article::builder().editor(Editor).build()
}

fn all() -> [agno::testing::Double; 4] {
    [
        search::double(|topic| Ok(Posts(vec![topic.title.clone(), "b".into()]))),
        Editor::double(|draft, ctx| Ok(Draft { text: format!("{}{}", draft.text, ctx.iteration()) })),
        Editor::double(|draft, _| Ok(Draft { text: format!("{}!", draft.text) })).at("refine/again"),
        double_of::<FactCheck>(|draft| Ok(Draft { text: draft.text.to_uppercase() })),
    ]
}

#[tokio::test(start_paused = true)]
async fn doubles_stand_in_for_steps_executors_and_nested_workflows() {
    let answers = Answers::new().answer(Article::questions().publish, true);
    let outcome = answers.run(article().run(topic()).session("s").doubles(all())).await.expect("runs");
    let Outcome::Completed(run) = outcome else { panic!("{outcome:?}") };
    assert_eq!(run.content.text, "RUST B.0!");
    assert_eq!(run.state, Some(serde_json::json!({ "drafts": 1 })), "steps without a double are the program's own");
}

#[tokio::test(start_paused = true)]
async fn failures_are_scripted_and_days_take_no_time() {
    let began = tokio::time::Instant::now();
    let script = Script::new([Err(Down), Err(Down), Ok(posts())]);
    let [_, editor, again, facts] = all();
    let doubles = [search::double(move |_| script.next()), editor.after(Duration::from_secs(3600)), again, facts];
    let log = EventLog::of(article().run(topic()).doubles(doubles).stream()).await.expect("streams");
    log.assert(
        "
        WorkflowStarted
        StepStarted search
        StepRetrying search (attempt 2)
        StepRetrying search (attempt 3)
        StepOutput search
        StepCompleted search
        …
        StepCompleted sleep
        …
        WorkflowStarted fact_check
        WorkflowCompleted fact_check
        …
        StepPaused publish
        WorkflowPaused
        ",
    );
    assert!(began.elapsed() > Duration::from_secs(3 * 24 * 3600 + 3600), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_script_that_is_over_fails_the_step() {
    workflow! { Searches(topic: Topic) -> Posts { search with (retry = 0); } }
    let script = Script::<Result<Posts, Down>>::new([]);
    let error = Searches::new().run(topic()).doubles([search::double(move |_| script.next())]).await.expect_err("fails");
    let RunError::Failed { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.kind, StepErrorKind::Panic);
    assert!(source.message.contains("no more results"), "{error}");
}

#[tokio::test]
async fn doubles_change_state_and_stand_at_one_node() {
    workflow! {
        Twice(posts: Posts) -> Draft { state usage: Usage; write(posts, 1, None); write(posts, 1, None) as second; }
    }
    let double = write::double(|_, _, _, usage| {
        usage.drafts += 10;
        draft("double")
    });
    let run = Twice::new().run(posts()).doubles([double.at("second")]).await.expect("runs");
    assert_eq!(run.content.text, "double");
    assert_eq!(run.state, Some(serde_json::json!({ "drafts": 11 })));
}

#[tokio::test]
async fn a_later_leg_has_the_doubles_and_may_get_others() {
    workflow! { Asks(draft: Draft) -> Draft { use editor: Editor; ask go: bool = "Go?"; editor(draft); } }
    let workflow = Asks::builder().editor(Editor).build();
    let outcome = workflow.run(draft("a")).run_id("r").doubles([Editor::double(|_, _| Err(Down))]).outcome().await.expect("pauses");
    assert!(matches!(outcome, Outcome::Paused(_)));
    let error = workflow.answer("r", Asks::questions().go, true).await.expect_err("the double fails");
    assert!(error.to_string().contains("the site is down"), "{error}");
    let run = workflow.resume("r").doubles([Editor::double(|draft, _| Ok(draft.clone()))]).await.expect("runs");
    assert_eq!(run.content.text, "a");
}

#[test]
#[should_panic(expected = "`write` is synchronous and cannot wait")]
fn a_synchronous_double_cannot_wait() {
    _ = write::double(|_, _, _, _| draft("")).after(Duration::from_secs(1));
}

#[tokio::test]
async fn a_failed_double_of_a_workflow_is_its_failure() {
    workflow! { Outer(draft: Draft) -> Draft { FactCheck; } }
    let error = Outer::new().run(draft("a")).doubles([double_of::<FactCheck>(|_| Err("refused".into()))]).await.expect_err("fails");
    let RunError::Failed { path, source, .. } = error else { panic!("{error}") };
    assert_eq!((path.as_str(), source.message.as_str()), ("fact_check", "refused"));
}

/// Loses what it was when it is read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Lossy {
    #[serde(skip_deserializing)]
    count: u32,
}

#[step]
fn count(topic: &Topic) -> Lossy {
    Lossy { count: u32::try_from(topic.title.len()).unwrap_or(u32::MAX) }
}

#[tokio::test(start_paused = true)]
async fn a_round_trip_finds_what_is_lost() {
    workflow! { Counts(topic: Topic) -> Lossy { count; } }
    workflow! { Maps(topic: Topic) -> Lossy { map as made |topic| Lossy { count: topic.title.len() as u32 }; } }
    assert_eq!(Counts::new().run(topic()).await.expect("runs").content.count, 4);
    for (path, error) in [
        ("count", Counts::new().run(topic()).roundtrip().await.expect_err("is found")),
        ("made", Maps::new().run(topic()).roundtrip().await.expect_err("is found")),
    ] {
        let RunError::Failed { path: at, source, .. } = error else { panic!("{error}") };
        assert_eq!(at, path);
        assert!(source.message.contains(r#"written as {"count":4}, and read from that as {"count":0}"#), "{}", source.message);
    }
    let run = article().run(topic()).doubles(all()).roundtrip().outcome().await;
    assert!(run.is_ok(), "nothing is lost here: {run:?}");
}

#[tokio::test]
async fn questions_without_an_answer_pause() {
    workflow! { Two(n: u32) -> bool { ask first: bool = "First?"; ask second: bool = "Second?"; } }
    let answers = Answers::new().answer("first", true);
    let Ok(Outcome::Paused(paused)) = answers.run(Two::new().run(1_u32)).await else { panic!("it pauses") };
    assert_eq!(paused.questions()[0].path, "second");
    let Ok(Outcome::Completed(run)) = answers.answer("second", false).run(Two::new().run(1_u32)).await else { panic!("it completes") };
    assert!(!*run.content);
}

#[tokio::test(start_paused = true)]
async fn plans_and_events_are_checked() {
    assert_no_lints(Article::PLAN, &[]);
    let events: Vec<Event> = {
        use futures_util::TryStreamExt as _;
        article().run(topic()).doubles(all()).stream().try_collect().await.expect("streams")
    };
    grammar::check(&events, grammar::Extent::SoFar).expect("is a sentence");
    EventLog::from_iter(&events).assert("WorkflowStarted\n…\nWorkflowPaused");
}

//! `ask`: a question to a person, at every depth, several at once.

use std::{
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::Duration,
};

use agno::{Status, StepErrorKind, prelude::*};
use serde_json::json;

use crate::{completed, ends, kind_at, paused, questions, support::paths, told};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Good,
    Bad { why: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Form {
    name: String,
    #[schemars(range(min = 1, max = 10))]
    stars: u8,
    verdicts: Vec<Verdict>,
}

#[step]
fn double(n: &u32) -> u32 {
    n * 2
}

#[step]
fn add(a: &u32, b: &u32) -> u32 {
    a + b
}

#[step]
fn show(form: &Form) -> String {
    format!("{} {} {:?}", form.name, form.stars, form.verdicts)
}

workflow! { Single(n: u32) -> String { double; ask form: Form = format!("What about {double}?"); show; } }

fn form() -> Form {
    Form { name: "Ann".into(), stars: 5, verdicts: vec![Verdict::Good, Verdict::Bad { why: "x".into() }] }
}

#[tokio::test]
async fn a_question_pauses_the_run_until_it_is_answered() {
    let workflow = Single::new();
    let (lines, came) = told(workflow.run(2_u32).session("s")).await;
    let waits = paused(came);
    assert_eq!(lines[4..], ["StepPaused form", "WorkflowPaused"]);
    let question = &waits.questions()[0];
    assert_eq!((&*question.path, question.name(), &*question.text, &*question.type_name), ("form", "form", "What about 4?", "Form"));
    assert_eq!(question.schema["properties"]["stars"]["maximum"], 10);
    assert_eq!(question.deadline, None);
    let text = waits.to_string();
    assert!(text.contains("`form` (Form): What about 4?") && text.contains(waits.run_id()), "{text}");
    assert_eq!((waits.partial().status, ends(&waits.partial().steps)), (Status::Paused, vec!["double".to_owned()]));
    let stored = workflow.get_run(waits.run_id()).await.expect("reads").expect("is there");
    assert_eq!((stored.status, stored.questions.len()), (Status::Paused, 1));

    // Asking again, in any way, changes nothing.
    assert_eq!(questions(&paused(workflow.resume(waits.run_id()).outcome().await)), ["form"]);
    assert!(matches!(workflow.resume(waits.run_id()).await, Err(RunError::Paused(_))));

    let (lines, came) = told(workflow.answer(waits.run_id(), "form", form())).await;
    let run = completed(came);
    assert_eq!(*run.content, r#"Ann 5 [Good, Bad { why: "x" }]"#);
    assert_eq!(
        lines,
        ["WorkflowContinued", "StepContinued form", "StepStarted show", "StepOutput show", "StepCompleted show", "WorkflowCompleted"]
    );
    assert_eq!(paths(&run.steps), ["double", "form", "show"]);
    assert_eq!((&*run.session_id, &*run.run_id), ("s", waits.run_id()));
    // A completed run gives its output.
    assert_eq!(*workflow.resume(waits.run_id()).await.expect("is completed").content, *run.content);
    let again = workflow.answer(waits.run_id(), "form", form()).await.expect_err("nothing is open");
    assert!(matches!(&again, RunError::UnknownQuestion { open, .. } if open.is_empty()), "{again}");
}

#[tokio::test]
async fn a_wrong_answer_is_refused_with_pointers_and_the_run_stays_paused() {
    let workflow = Single::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    let wrong = json!({ "name": 5, "stars": 11, "verdicts": ["good", "middling"] });
    let error = workflow.answer_json(waits.run_id(), "form", wrong).await.expect_err("is refused");
    let RunError::InvalidAnswer { question, violations, run } = &error else { panic!("{error}") };
    assert_eq!((&**question, run.status), ("form", Status::Paused));
    let pointers: Vec<_> = violations.iter().map(|violation| &*violation.pointer).collect();
    assert_eq!(pointers, ["/name", "/stars", "/verdicts/1"]);
    assert!(error.to_string().contains("/stars"), "{error}");
    // Typed answers are checked as well: the schema says more than the type.
    let too_many = Form { stars: 99, ..form() };
    assert!(matches!(workflow.answer(waits.run_id(), "form", too_many).await, Err(RunError::InvalidAnswer { .. })));
    // So is an answer of another type.
    assert!(matches!(workflow.answer(waits.run_id(), "form", 7).await, Err(RunError::InvalidAnswer { .. })));
    let stored = workflow.get_run(waits.run_id()).await.expect("reads").expect("is there");
    assert_eq!(stored.status, Status::Paused);
    let right = json!({ "name": "Bo", "stars": 1, "verdicts": [] });
    assert_eq!(*workflow.answer_json(waits.run_id(), "form", right).await.expect("goes on").content, "Bo 1 []");
}

#[tokio::test]
async fn typed_questions_say_the_type_of_their_answer() {
    let workflow = Single::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert_eq!(Single::questions().form.path(), "form");
    let run = workflow.answer(waits.run_id(), Single::questions().form, form()).await.expect("goes on");
    assert!(run.content.starts_with("Ann 5"));
}

workflow! {
    Several(n: u32) -> u32 {
        parallel both {
            ask left: u32 = "Left?";
            steps group { double; ask right: u32 = "Right?"; add(double, right); }
            add(n, n) as plain;
        }
        map |a, b, c| a * 10_000 + b * 100 + c;
    }
}

#[tokio::test]
async fn several_questions_are_open_at_once_in_a_parallel() {
    let workflow = Several::new();
    let (lines, came) = told(workflow.run(3_u32)).await;
    let waits = paused(came);
    assert_eq!(questions(&waits), ["both/left", "both/group/right"]);
    assert_eq!(lines.iter().filter(|line| line.starts_with("StepPaused")).count(), 2);
    let (lines, came) = told(workflow.answer(waits.run_id(), "right", 4_u32)).await;
    let waits = paused(came);
    assert_eq!(questions(&waits), ["both/left"]);
    assert_eq!(
        lines,
        [
            "WorkflowContinued",
            "StepContinued both/group/right",
            "StepStarted both/group/add",
            "StepCompleted both/group/add",
            "StepsExecutionCompleted both/group",
            "WorkflowPaused",
        ]
    );
    let (lines, came) = told(workflow.answer(waits.run_id(), Several::questions().left, 5_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, 51_006);
    assert_eq!(
        lines,
        [
            "WorkflowContinued",
            "StepContinued both/left",
            "ParallelExecutionCompleted both",
            "StepStarted map",
            "StepCompleted map",
            "WorkflowCompleted",
        ]
    );
}

workflow! { Inner(n: u32) -> u32 { double; ask more: u32 = format!("More than {double}?"); add(double, more); } }

workflow! {
    Deep(n: u32) -> u32 {
        Inner;
        loop talk (max = 2) { Inner as again; }
        condition sure (|_| true) { steps group { router way (|_| 1_u8) { _ => Inner as last } } }
    }
}

#[tokio::test]
async fn nested_workflows_ask_at_their_paths() {
    let workflow = Deep::new();
    let mut waits = paused(workflow.run(1_u32).outcome().await);
    for path in ["inner/more", "talk[0]/again/more", "talk[1]/again/more"] {
        assert_eq!(questions(&waits), [path]);
        waits = paused(workflow.answer(waits.run_id(), "more", 1_u32).outcome().await);
    }
    assert_eq!(questions(&waits), ["sure/group/way/last/more"]);
    let run = completed(workflow.answer(waits.run_id(), "sure/group/way/last/more", 1_u32).outcome().await);
    // 3, 7, 15, 31
    assert_eq!(*run.content, 31);
}

workflow! {
    Ambiguous(n: u32) -> u32 {
        parallel both { Inner as a; Inner as b; steps c { ask more: u32 = "C?"; } }
        map |a, b, c| a * 10_000 + b * 100 + c;
    }
}

#[tokio::test]
async fn an_ambiguous_name_is_refused_and_names_the_open_ones() {
    let workflow = Ambiguous::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    // In the order in which they were asked.
    let mut open = questions(&waits);
    open.sort_unstable();
    assert_eq!(open, ["both/a/more", "both/b/more", "both/c/more"]);
    let error = workflow.answer(waits.run_id(), "more", 1_u32).await.expect_err("is ambiguous");
    let RunError::UnknownQuestion { question, open, .. } = &error else { panic!("{error}") };
    assert_eq!((&**question, open.len()), ("more", 3));
    assert!(error.to_string().contains("`both/b/more`"), "{error}");
    assert!(matches!(workflow.answer(waits.run_id(), "less", 1_u32).await, Err(RunError::UnknownQuestion { .. })));
    let waits = paused(workflow.answer(waits.run_id(), "both/b/more", 1_u32).outcome().await);
    let waits = paused(workflow.answer(waits.run_id(), "both/a/more", 2_u32).outcome().await);
    // One is left: now its name is enough.
    let run = completed(workflow.answer(waits.run_id(), "more", 3_u32).outcome().await);
    assert_eq!(*run.content, 40_303);
}

workflow! {
    Same(n: u32) -> u32 {
        ask review: u32 = "First?";
        condition a (|n| *n == 1) { ask review: u32 = "Second?"; } else { ask review: u32 = "Third?"; }
        each_of;
        each all |item| { ask review: u32 = "Item?"; add(item, review); }
        map |list| list.iter().sum::<u32>();
    }
}

#[step]
fn each_of(n: &u32) -> Vec<u32> {
    vec![*n; 2]
}

#[tokio::test]
async fn equal_names_have_typed_questions_by_path() {
    let asked = Same::questions();
    assert_eq!((asked.review.path(), asked.a_review.path(), asked.all_review.path()), ("review", "a/review", "all/review"));
    let workflow = Same::new();
    let waits = paused(workflow.run(0_u32).outcome().await);
    let waits = paused(workflow.answer(waits.run_id(), asked.review, 1).outcome().await);
    assert_eq!((questions(&waits), &*waits.questions()[0].text), (vec!["a/review"], "Second?"));
    let waits = paused(workflow.answer(waits.run_id(), asked.a_review, 7).outcome().await);
    assert_eq!(questions(&waits), ["all[0]/review", "all[1]/review"]);
    // Two items wait: the place in the plan is not enough.
    assert!(matches!(workflow.answer(waits.run_id(), asked.all_review, 7).await, Err(RunError::UnknownQuestion { .. })));
    let waits = paused(workflow.answer(waits.run_id(), "all[0]/review", 10).outcome().await);
    let run = completed(workflow.answer(waits.run_id(), asked.all_review, 20).outcome().await);
    assert_eq!(*run.content, 44);
}

workflow! { Defaults(n: u32) -> u32 { double; ask more: u32 = "More?" with (timeout = "24h", default = *double + 100, label = "How much more"); add(double, more); } }

#[tokio::test(start_paused = true)]
async fn without_an_answer_in_time_the_default_counts() {
    let workflow = Defaults::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    assert!(waits.questions()[0].deadline.is_some());
    assert!(waits.to_string().contains("(until "), "{waits}");
    tokio::time::advance(Duration::from_secs(23 * 3600)).await;
    assert_eq!(questions(&paused(workflow.resume(waits.run_id()).outcome().await)), ["more"]);
    tokio::time::advance(Duration::from_secs(2 * 3600)).await;
    let (lines, came) = told(workflow.resume(waits.run_id())).await;
    let run = completed(came);
    assert_eq!(*run.content, 104);
    assert_eq!(lines[..2], ["WorkflowContinued", "StepContinued more"]);
    assert_eq!(run.steps.at("more").expect("ran").content().expect("writes"), Some(json!(102)));
}

#[tokio::test(start_paused = true)]
async fn in_time_the_answer_counts() {
    let workflow = Defaults::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    tokio::time::advance(Duration::from_secs(23 * 3600)).await;
    assert_eq!(*workflow.answer(waits.run_id(), "more", 5_u32).await.expect("goes on").content, 7);
}

#[tokio::test(start_paused = true)]
async fn reading_a_run_applies_the_deadline() {
    let workflow = Defaults::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    tokio::time::advance(Duration::from_secs(25 * 3600)).await;
    let stored = workflow.get_run(waits.run_id()).await.expect("reads").expect("is there");
    assert_eq!((stored.status, stored.content), (Status::Completed, Some(json!(104))));
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_refused_and_the_default_counts() {
    let workflow = Defaults::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    tokio::time::advance(Duration::from_secs(25 * 3600)).await;
    assert!(matches!(workflow.answer(waits.run_id(), "more", 5_u32).await, Err(RunError::UnknownQuestion { .. })));
    assert_eq!(*workflow.resume(waits.run_id()).await.expect("is completed").content, 104);
}

workflow! { Strict(n: u32) -> u32 { ask more: u32 = "More?" with (timeout = "10m"); add(n, more); } }

#[tokio::test(start_paused = true)]
async fn without_a_default_the_question_fails() {
    let workflow = Strict::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    tokio::time::advance(Duration::from_secs(601)).await;
    let (lines, came) = told(workflow.resume(waits.run_id())).await;
    assert_eq!(lines, ["WorkflowContinued", "StepError more", "WorkflowError"]);
    assert_eq!(kind_at(came), (StepErrorKind::Unanswered, "more".to_owned()));
}

workflow! { Tolerant(n: u32) -> u32 {
    ask a: u32 = "A?" with (timeout = "10m", on_error = none);
    ask b: u32 = "B?" with (timeout = "20m");
    map |b| b + a.unwrap_or(50);
} }

workflow! { Skipping(n: u32) -> u32 { ask a: u32 = "A?" with (timeout = "10m", on_error = skip); double; } }

#[tokio::test(start_paused = true)]
async fn an_unanswered_question_may_be_none_or_skipped() {
    let workflow = Tolerant::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    tokio::time::advance(Duration::from_secs(601)).await;
    let waits = paused(workflow.resume(waits.run_id()).outcome().await);
    assert_eq!(questions(&waits), ["b"]);
    assert_eq!(*workflow.answer(waits.run_id(), "b", 3_u32).await.expect("goes on").content, 53);
    let workflow = Skipping::new();
    let waits = paused(workflow.run(4_u32).outcome().await);
    tokio::time::advance(Duration::from_secs(601)).await;
    assert_eq!(*workflow.resume(waits.run_id()).await.expect("goes on").content, 8);
}

#[tokio::test]
async fn a_paused_run_can_be_cancelled() {
    let workflow = Several::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    workflow.cancel(waits.run_id()).await.expect("is cancelled");
    let error = workflow.resume(waits.run_id()).await.expect_err("is cancelled");
    assert!(matches!(error, RunError::Cancelled { .. }), "{error}");
    assert!(matches!(
        workflow.answer(waits.run_id(), "left", 1_u32).await,
        Err(RunError::UnknownQuestion { .. } | RunError::Cancelled { .. })
    ));
}

workflow! { WhileOthersRun(n: u32) -> u32 { parallel both { ask quick: u32 = "Quick?"; steps slow { sleep "1h"; double; } } map |a, b| a + b; } }

#[tokio::test(start_paused = true)]
async fn a_question_is_listed_and_may_be_answered_while_siblings_run() {
    let workflow = WhileOthersRun::new();
    let handle = workflow.run(4_u32).background().await.expect("begins");
    let open = loop {
        tokio::task::yield_now().await;
        let run = workflow.get_run(handle.id()).await.expect("reads").expect("is there");
        if !run.questions.is_empty() {
            break run;
        }
    };
    assert_eq!((open.status, &*open.questions[0].path), (Status::Running, "both/quick"));
    // Waits for the leg that runs, and takes the run on.
    let run = workflow.answer(handle.id(), "quick", 1_u32).await.expect("completes");
    assert_eq!(*run.content, 9);
}

workflow! { Units(start: ()) -> bool { ask go: () = "Go?"; ask sure: Option<bool> = "Sure?"; map |sure| sure.unwrap_or(true); } }

#[tokio::test]
async fn answers_may_be_empty() {
    let workflow = Units::new();
    let waits = paused(workflow.run(()).outcome().await);
    let waits = paused(workflow.answer(waits.run_id(), "go", ()).outcome().await);
    let run = completed(workflow.answer(waits.run_id(), "sure", None::<bool>).outcome().await);
    assert!(*run.content);
}

workflow! { Again(n: u32) -> u32 { ask a: u32 = "A?"; fails_with(a) with (retry = 0); ask b: u32 = "B?"; add(a, b); } }

static FAILS: AtomicU32 = AtomicU32::new(0);

#[step]
fn fails_with(n: &u32) -> Result<u32, String> {
    if FAILS.fetch_add(1, SeqCst) == 0 { Err("once".into()) } else { Ok(*n) }
}

#[tokio::test]
async fn an_answer_outlives_a_failure_after_it() {
    let workflow = Again::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    let error = workflow.answer(waits.run_id(), "a", 4_u32).await.expect_err("fails");
    assert_eq!(error.status(), Some(Status::Failed));
    let (lines, came) = told(workflow.resume(waits.run_id())).await;
    assert_eq!(questions(&paused(came)), ["b"]);
    assert_eq!(lines[..2], ["WorkflowContinued", "StepStarted fails_with"]);
    assert_eq!(*workflow.answer(waits.run_id(), "b", 5_u32).await.expect("goes on").content, 9);
}

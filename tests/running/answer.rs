//! Answers: to which question, of what type, and when.

use std::time::Duration;

use agno::{prelude::*, testing::grammar};
use futures_util::StreamExt as _;
use serde_json::json;

use crate::{
    probe::{Probe, soon},
    support::lines,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum Review {
    Approve,
    Reject { reason: String },
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Grade(#[schemars(range(min = 1, max = 6))] u8);

#[step]
fn draft(title: &str) -> String {
    format!("draft of {title}")
}

#[step]
fn tell(review: &Review, grade: &Grade) -> String {
    format!("{review:?} {}", grade.0)
}

workflow! {
    Reviewed(title: String) -> String {
        draft;
        parallel people {
            ask review: Review = format!("Publish the {draft}?");
            steps second { ask grade: Grade = "Which grade?"; }
        }
        tell;
    }
}

async fn paused<W: Workflow<Input = String, Output = String>>(wf: &W) -> PausedRun {
    match soon(wf.resume("r").outcome()).await.expect("waits") {
        Outcome::Paused(paused) => paused,
        Outcome::Completed(out) => panic!("{}", out.content),
    }
}

async fn asked() -> Reviewed {
    let wf = Reviewed::new();
    let Outcome::Paused(paused) = wf.run("X").run_id("r").outcome().await.expect("waits") else { panic!("asks") };
    let questions: Vec<_> = paused
        .questions()
        .iter()
        .map(|question| (question.path.as_str(), question.name(), question.text.as_str(), question.type_name.as_str()))
        .collect();
    assert_eq!(
        questions,
        [("people/review", "review", "Publish the draft of X?", "Review"), ("people/second/grade", "grade", "Which grade?", "Grade")]
    );
    assert_eq!(paused.questions()[1].schema["maximum"], 6, "the schema is the form");
    assert!(paused.questions()[0].deadline.is_none());
    wf
}

fn open(paused: &PausedRun) -> Vec<&str> {
    paused.questions().iter().map(|question| question.path.as_str()).collect()
}

#[tokio::test]
async fn answers_are_typed_or_json_by_name_path_or_place() {
    let wf = asked().await;
    let Outcome::Paused(paused) = wf.answer("r", "review", Review::Approve).outcome().await.expect("waits") else {
        panic!("for the grade")
    };
    assert_eq!(open(&paused), ["people/second/grade"]);
    let out = wf.answer_json("r", "people/second/grade", 2).await.expect("completes");
    assert_eq!(*out.content, "Approve 2");
    assert_eq!(out.steps.at("people/review").expect("is there").content().expect("writes"), Some(json!("Approve")));

    let wf = asked().await;
    let Outcome::Paused(_) = wf.answer("r", Reviewed::questions().grade, Grade(1)).outcome().await.expect("waits") else { panic!() };
    let rejected = Review::Reject { reason: "dull".into() };
    let out = wf.answer("r", Reviewed::questions().review, rejected).await.expect("completes");
    assert_eq!(*out.content, r#"Reject { reason: "dull" } 1"#);
}

#[tokio::test]
async fn an_answer_must_fit_its_question() {
    let wf = asked().await;
    let error = wf.answer("r", "grade", Grade(7)).await.expect_err("is too high");
    let RunError::InvalidAnswer { question, violations, .. } = &error else { panic!("{error}") };
    assert_eq!((question.as_str(), violations.len(), violations[0].pointer.as_str()), ("people/second/grade", 1, ""));
    assert_eq!(error.status(), Some(Status::Paused));
    let error = wf.answer_json("r", "review", json!({ "Reject": { "reason": 3 } })).await.expect_err("is no text");
    assert!(matches!(error, RunError::InvalidAnswer { .. }), "{error}");
    assert_eq!(open(&paused(&wf).await), ["people/review", "people/second/grade"], "both wait on");
}

#[tokio::test]
async fn an_answer_to_no_question_names_those_that_are_open() {
    let wf = asked().await;
    let error = wf.answer("r", "revue", true).await.expect_err("is unknown");
    let RunError::UnknownQuestion { open, .. } = &error else { panic!("{error}") };
    assert_eq!(open.len(), 2);
    assert!(error.to_string().contains("`people/review`, `people/second/grade`"), "{error}");
    _ = wf.answer("r", "review", Review::Approve).outcome().await.expect("waits");
    let error = wf.answer("r", "review", Review::Approve).await.expect_err("is answered");
    assert!(matches!(&error, RunError::UnknownQuestion { open, .. } if open.len() == 1), "{error}");
    wf.answer("r", "grade", Grade(1)).await.expect("completes");
    let error = wf.answer("r", "grade", Grade(1)).await.expect_err("has ended");
    assert!(error.to_string().contains("none is open"), "{error}");
    assert!(matches!(wf.answer("nowhere", "grade", Grade(1)).await, Err(RunError::NotFound { .. })));
}

workflow! {
    Twice(names: Vec<String>) -> Vec<bool> {
        each people |name| {
            ask ok: bool = format!("Is {name} ok?");
        }
    }
}

#[tokio::test]
async fn a_name_that_several_questions_have_is_not_enough() {
    let wf = Twice::new();
    let names = vec!["a".to_owned(), "b".to_owned()];
    _ = wf.run(names).run_id("r").outcome().await.expect("waits");
    for name in ["ok", "people/ok"] {
        let error = wf.answer("r", name, true).await.expect_err("is ambiguous");
        assert!(error.to_string().contains("`people[0]/ok`, `people[1]/ok`"), "{error}");
    }
    _ = wf.answer("r", "people[1]/ok", false).outcome().await.expect("waits");
    // Now there is only one of that name.
    let out = wf.answer("r", "ok", true).await.expect("completes");
    assert_eq!(*out.content, [true, false]);
}

#[step]
async fn waits(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("waits").await;
    text.to_owned()
}

workflow! {
    Meanwhile(text: String) -> String {
        extra probe: Probe;
        parallel both {
            ask sure: bool = "Sure?";
            waits;
        }
        ask really: bool = "Really?";
        map |really| format!("{really} {}", both.sure);
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_is_listed_while_a_sibling_runs_and_may_be_answered_at_once() {
    let (wf, probe) = (Meanwhile::new(), Probe::new());
    let handle = wf.run("a").run_id("r").extra(probe.clone()).background().await.expect("begins");
    probe.called("waits", 1).await;
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!((stored.status, stored.questions.len()), (Status::Running, 1));
    assert_eq!(stored.questions[0].path, "both/sure");

    // Nobody awaits the answer's outcome: the leg that runs takes the run on itself.
    let answered = wf.answer("r", "sure", true).background().await.expect("is recorded");
    assert!(wf.get_run("r").await.expect("reads").expect("is there").questions.is_empty(), "it is open no more");
    let error = wf.answer("r", "sure", true).await.expect_err("is answered");
    assert!(matches!(error, RunError::UnknownQuestion { .. }), "{error}");
    probe.open("waits");
    let error = soon(handle.wait()).await.expect_err("the second question waits");
    let RunError::Paused(paused) = &error else { panic!("{error}") };
    assert_eq!(open(paused), ["really"]);
    let error = soon(answered.wait()).await.expect_err("it is the same run");
    assert!(matches!(error, RunError::Paused(_)));
    let out = wf.answer("r", "really", false).await.expect("completes");
    assert_eq!((&**out.content, probe.calls("waits")), ("false true", 1));
    let events: Vec<_> = handle.events(0).await.expect("are kept").map(|event| (*event).clone()).collect().await;
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
    assert_eq!(lines(&events).iter().filter(|line| *line == "WorkflowPaused").count(), 1, "{:?}", lines(&events));
}

#[tokio::test(start_paused = true)]
async fn who_awaits_the_run_gets_what_came_after_the_answer() {
    let (wf, probe) = (Meanwhile::new(), Probe::new());
    let run = wf.run("a").run_id("r").extra(probe.clone()).outcome();
    let answer = async {
        probe.called("waits", 1).await;
        let answer = wf.answer("r", "sure", true).outcome();
        let open = async { probe.open("waits") };
        futures_util::future::join(answer, open).await.0
    };
    let (run, answer) = soon(futures_util::future::join(run, answer)).await;
    for outcome in [run, answer] {
        let Outcome::Paused(paused) = outcome.expect("waits") else { panic!("the second question is open") };
        assert_eq!(open(&paused), ["really"]);
    }
}

#[step]
async fn fails(text: &str, #[extra] probe: &Probe) -> Result<String, std::io::Error> {
    probe.pass("fails").await;
    if text == "bad" && probe.calls("fails") == 1 { Err(std::io::Error::other("is bad")) } else { Ok(text.to_owned()) }
}

workflow! {
    Withdrawn(text: String) -> String {
        extra probe: Probe;
        parallel both {
            steps deep { steps deeper { ask sure: bool = "Sure?"; } }
            fails;
        }
        map |sure, text| format!("{sure} {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_beside_it_withdraws_a_question() {
    let (wf, probe) = (Withdrawn::new(), Probe::new());
    let mut stream = wf.run("bad").run_id("r").extra(probe.clone()).stream();
    probe.open("fails");
    let events = soon(crate::support::events(&mut stream)).await;
    assert_eq!(
        lines(&events)[4..],
        [
            "StepPaused both/deep/deeper/sure",
            "StepStarted both/fails",
            "StepError both/fails",
            "StepCancelled both/deep/deeper/sure",
            "StepsExecutionCompleted both/deep/deeper",
            "StepsExecutionCompleted both/deep",
            "ParallelExecutionCompleted both",
            "WorkflowError",
        ]
    );
    let error = wf.answer("r", "sure", true).await.expect_err("is withdrawn");
    assert!(matches!(&error, RunError::UnknownQuestion { open, .. } if open.is_empty()), "{error}");
    // Resumed, the run asks again.
    let Outcome::Paused(paused) = soon(wf.resume("r").outcome()).await.expect("waits") else { panic!("asks again") };
    assert_eq!(open(&paused), ["both/deep/deeper/sure"]);
    let out = soon(wf.answer("r", "sure", true)).await.expect("completes");
    assert_eq!((&**out.content, probe.calls("fails")), ("true bad", 2));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_came_before_the_failure_is_not_lost() {
    let (wf, probe) = (Withdrawn::new(), Probe::new());
    let handle = wf.run("bad").run_id("r").extra(probe.clone()).background().await.expect("begins");
    probe.called("fails", 1).await;
    _ = wf.answer("r", "sure", true).background().await.expect("is recorded");
    probe.open("fails");
    assert!(matches!(soon(handle.wait()).await, Err(RunError::Failed { .. })));
    let out = soon(wf.resume("r")).await.expect("needs no second answer");
    assert_eq!(*out.content, "true bad");
    let events: Vec<_> = handle.events(0).await.expect("are kept").map(|event| (*event).clone()).collect().await;
    grammar::check(&events, grammar::Extent::Whole).expect("is a sentence");
}

#[step]
async fn after(ok: &bool, #[extra] probe: &Probe) -> bool {
    probe.pass("after").await;
    *ok
}

workflow! {
    OneByOne(names: Vec<String>) -> Vec<bool> {
        extra probe: Probe;
        each people |name| (limit = 1) {
            steps person { ask ok: bool = format!("Is {name} ok?"); }
            after;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_the_running_leg_has_not_come_to_again_can_be_answered() {
    let (wf, probe) = (OneByOne::new(), Probe::new());
    let names = vec!["a".to_owned(), "b".to_owned(), "c".to_owned()];
    let Outcome::Paused(paused) = soon(wf.run(names).run_id("r").extra(probe.clone()).store_events(true).outcome()).await.expect("waits")
    else {
        panic!("asks")
    };
    assert_eq!(open(&paused), ["people[0]/person/ok", "people[1]/person/ok", "people[2]/person/ok"]);
    let handle = wf.answer("r", "people[0]/person/ok", true).background().await.expect("goes on");
    probe.called("after", 1).await;
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!(stored.questions.len(), 2, "the other two wait on");
    _ = wf.answer("r", "people[1]/person/ok", false).background().await.expect("is recorded");
    _ = wf.answer("r", "people[2]/person/ok", true).background().await.expect("is recorded");
    probe.open("after");
    let out = soon(handle.wait()).await.expect("completes");
    assert_eq!((&**out.content, probe.calls("after")), (&[true, false, true][..], 3));
    grammar::check(out.events.as_deref().into_iter().flatten().map(|event| &**event), grammar::Extent::Whole).expect("is a sentence");
}

#[tokio::test(start_paused = true)]
async fn questions_survive_a_leg_that_was_dropped_before_it_came_to_them() {
    let (wf, probe) = (OneByOne::new(), Probe::new());
    let names = vec!["a".to_owned(), "b".to_owned()];
    _ = soon(wf.run(names).run_id("r").extra(probe.clone()).store_events(true).outcome()).await.expect("waits");
    probe.cut("after", 1, wf.answer("r", "people[0]/person/ok", true)).await;
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!((stored.status, stored.questions.len()), (Status::Running, 1));
    probe.open("after");
    let out = soon(wf.answer("r", "ok", false)).await.expect("goes on with everything");
    assert_eq!(*out.content, [true, false]);
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Choice {
    Yes,
    No,
}

workflow! {
    Deadline(text: String) -> String {
        ask sure: Choice = "Sure?" with (timeout = "24h", default = Choice::No);
        map |sure| format!("{sure:?}");
    }
}

workflow! {
    Strict(text: String) -> String {
        ask sure: Choice = "Sure?" with (timeout = "24h");
        map |sure| format!("{sure:?}");
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60 + 1);

#[tokio::test(start_paused = true)]
async fn in_time_an_answer_counts() {
    let wf = Deadline::new();
    let Outcome::Paused(asked) = wf.run("a").run_id("r").outcome().await.expect("waits") else { panic!("asks") };
    let deadline = asked.questions()[0].deadline.expect("there is one");
    assert!(asked.to_string().contains("(until "), "{asked}");
    tokio::time::advance(DAY / 2).await;
    let Outcome::Paused(still) = wf.resume("r").outcome().await.expect("waits") else { panic!("asks") };
    assert_eq!(still.questions()[0].deadline, Some(deadline), "time does not begin anew");
    let out = wf.answer("r", "sure", Choice::Yes).await.expect("completes");
    assert_eq!(*out.content, "Yes");
}

#[tokio::test(start_paused = true)]
async fn when_time_is_over_who_asks_next_finds_the_default() {
    let wf = Deadline::new();
    for run_id in ["resumed", "read", "recovered"] {
        _ = wf.run("a").run_id(run_id).store_events(true).outcome().await.expect("waits");
    }
    tokio::time::advance(DAY).await;
    assert_eq!(*soon(wf.resume("resumed")).await.expect("completes").content, "No");
    let read = soon(wf.get_run("read")).await.expect("reads").expect("is there");
    assert_eq!((read.status, read.content), (Status::Completed, Some(json!("No"))));
    let events: Vec<_> = read.events.expect("are kept").iter().map(|event| (**event).clone()).collect();
    assert_eq!(lines(&events)[2..5], ["WorkflowPaused", "WorkflowContinued", "StepContinued sure"]);
    let recovered = wf.recover().await.expect("recovers");
    assert_eq!(recovered.iter().map(RunHandle::id).collect::<Vec<_>>(), ["recovered"]);
    assert_eq!(*soon(recovered[0].wait()).await.expect("completes").content, "No");
}

#[tokio::test(start_paused = true)]
async fn without_a_default_the_question_fails() {
    let wf = Strict::new();
    _ = wf.run("a").run_id("r").outcome().await.expect("waits");
    tokio::time::advance(DAY).await;
    let error = soon(wf.resume("r")).await.expect_err("nobody answered");
    let RunError::Failed { path, source, .. } = &error else { panic!("{error}") };
    assert_eq!((path.as_str(), source.kind), ("sure", agno::StepErrorKind::Unanswered));
    assert!(error.to_string().contains("not answered in time"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_too_late_does_not_count() {
    let wf = Deadline::new();
    _ = wf.run("a").run_id("r").outcome().await.expect("waits");
    tokio::time::advance(DAY).await;
    let error = soon(wf.answer("r", "sure", Choice::Yes)).await.expect_err("is too late");
    assert!(matches!(&error, RunError::UnknownQuestion { open, .. } if open.is_empty()), "{error}");
    let out = soon(wf.resume("r")).await.expect("completes");
    assert_eq!(*out.content, "No");
}

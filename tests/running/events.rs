//! The catalogue: which events a run has, in which order, with which numbers, and how they are written.

use agno::{EventName, prelude::*, testing::grammar};
use serde_json::json;

use crate::{
    probe::{Probe, soon},
    support::{events, lines},
};

#[step]
fn list(text: &str) -> Vec<String> {
    text.chars().map(String::from).collect()
}

#[step]
fn same(text: &str) -> String {
    text.to_owned()
}

#[step]
async fn join(words: &[String]) -> String {
    words.concat()
}

#[step]
async fn broken(_text: &str) -> Result<String, std::io::Error> {
    Err(std::io::Error::other("out of order"))
}

#[step(retry = 1, backoff = "1s")]
async fn flaky(text: &str, ctx: &StepContext) -> Result<String, std::io::Error> {
    if ctx.attempt() == 1 { Err(std::io::Error::other("not yet")) } else { Ok(text.to_owned()) }
}

#[step]
fn is_long(text: &str) -> bool {
    text.len() > 5
}

struct Editor;

#[step]
impl Editor {
    async fn run(&self, text: &str) -> String {
        text.to_owned()
    }
}

workflow! {
    Inner(text: String) -> String { steps group { same; } }
}

workflow! {
    Whole(text: String) -> String {
        use editor: Editor;
        list;
        each letters (limit = 1) { same; }
        join;
        flaky with (label = "Try it");
        editor;
        broken with (on_error = skip);
        condition first (is_long) { same as long; } else { Inner; }
        loop turns (max = 3, until = |text| !text.is_empty()) { same as turn; }
        router way (|text| text.len()) { 0 => same as empty, _ => steps full { same as other; } }
        parallel both { same as one; Inner as two; }
        map |a, b| format!("{a}{b}");
        sleep as nap "1h";
        ask sure: bool = "Sure?" with (label = "Really");
        broken(map) as last with (on_error = none);
        map as end |last| last.clone().unwrap_or_default();
    }
}

#[tokio::test(start_paused = true)]
async fn every_construct_says_what_it_does() {
    let wf = Whole::builder().editor(Editor).build();
    let mut seen = soon(events(wf.run("ab").run_id("r").stream())).await;
    seen.extend(soon(events(wf.answer("r", "sure", true).stream())).await);
    grammar::check(&seen, grammar::Extent::Whole).expect("is a sentence");
    assert!(seen.iter().map(|event| event.sequence).eq(0..seen.len() as u64), "numbered without a gap");
    let mut expected = "\
        WorkflowStarted
        StepStarted list
        StepOutput list
        StepCompleted list
        EachExecutionStarted letters
        EachItemStarted letters[0]
        StepStarted letters[0]/same
        StepCompleted letters[0]/same
        EachItemCompleted letters[0]
        EachItemStarted letters[1]
        StepStarted letters[1]/same
        StepCompleted letters[1]/same
        EachItemCompleted letters[1]
        EachExecutionCompleted letters
        StepStarted join
        StepOutput join
        StepCompleted join
        StepStarted flaky
        StepRetrying flaky
        StepOutput flaky
        StepCompleted flaky
        StepStarted editor
        StepOutput editor
        StepCompleted editor
        StepStarted broken
        StepSkipped broken
        ConditionExecutionStarted first
        StepStarted first/if
        StepCompleted first/if
        WorkflowStarted first/inner
        StepsExecutionStarted first/inner/group
        StepStarted first/inner/group/same
        StepCompleted first/inner/group/same
        StepsExecutionCompleted first/inner/group
        WorkflowCompleted first/inner
        ConditionExecutionCompleted first
        LoopExecutionStarted turns
        LoopIterationStarted turns[0]
        StepStarted turns[0]/turn
        StepCompleted turns[0]/turn
        StepStarted turns[0]/until
        StepCompleted turns[0]/until
        LoopIterationCompleted turns[0]
        LoopExecutionCompleted turns
        RouterExecutionStarted way
        StepStarted way/select
        StepCompleted way/select
        StepsExecutionStarted way/full
        StepStarted way/full/other
        StepCompleted way/full/other
        StepsExecutionCompleted way/full
        RouterExecutionCompleted way
        ParallelExecutionStarted both
        StepStarted both/one
        WorkflowStarted both/two
        StepsExecutionStarted both/two/group
        StepStarted both/two/group/same
        StepCompleted both/one
        StepCompleted both/two/group/same
        StepsExecutionCompleted both/two/group
        WorkflowCompleted both/two
        ParallelExecutionCompleted both
        StepStarted map
        StepCompleted map
        StepStarted nap
        StepCompleted nap
        StepPaused sure
        WorkflowPaused
        WorkflowContinued
        StepContinued sure
        StepStarted last
        StepError last
        StepStarted end
        StepCompleted end
        WorkflowCompleted"
        .lines()
        .map(str::trim)
        .collect::<Vec<_>>();
    let mut told = lines(&seen);
    // Synchronous steps in branches run as tasks: the order between branches is not ours.
    let both = told.iter().position(|line| line == "ParallelExecutionStarted both").expect("is there");
    told[both + 1..both + 9].sort();
    expected[both + 1..both + 9].sort_unstable();
    assert_eq!(told, expected);

    let at = |name: EventName, path: &str| {
        seen.iter().find(|event| event.name() == name && event.path == path).unwrap_or_else(|| panic!("{name} {path}")).kind.clone()
    };
    assert_eq!(at(EventName::WorkflowStarted, ""), EventKind::WorkflowStarted { depth: 0, name: "Whole".into() });
    assert_eq!(at(EventName::WorkflowStarted, "first/inner"), EventKind::WorkflowStarted { depth: 1, name: "Inner".into() });
    assert_eq!(at(EventName::WorkflowCompleted, "both/two"), EventKind::WorkflowCompleted { depth: 1, content: json!("ab") });
    assert_eq!(at(EventName::StepStarted, "flaky"), EventKind::StepStarted { executor: "flaky".into(), label: Some("Try it".into()) });
    assert_eq!(at(EventName::StepStarted, "both/one"), EventKind::StepStarted { executor: "same".into(), label: None });
    assert_eq!(at(EventName::EachExecutionStarted, "letters"), EventKind::EachExecutionStarted { items: 2 });
    assert_eq!(at(EventName::ParallelExecutionStarted, "both"), EventKind::ParallelExecutionStarted { branches: 2 });
    assert_eq!(at(EventName::LoopExecutionStarted, "turns"), EventKind::LoopExecutionStarted { max_iterations: 3 });
    assert_eq!(at(EventName::StepSkipped, "broken"), EventKind::StepSkipped { reason: "out of order".into() });
    assert_eq!(at(EventName::StepError, "last"), EventKind::StepError { attempts: 1, error: "out of order".into() });
    let written = |name: EventName, path: &str| serde_json::to_value(at(name, path)).expect("writes");
    assert_eq!(
        written(EventName::ConditionExecutionCompleted, "first"),
        json!({ "event": "ConditionExecutionCompleted", "outcome": "completed", "condition": false })
    );
    assert_eq!(written(EventName::RouterExecutionCompleted, "way")["selected"], json!(["_"]));
    assert_eq!(written(EventName::LoopExecutionCompleted, "turns")["iterations"], 1);
    assert_eq!(written(EventName::LoopIterationCompleted, "turns[0]")["until"], true);
    assert_eq!(written(EventName::StepRetrying, "flaky")["attempt"], 2);
    assert_eq!(written(EventName::StepPaused, "sure")["question"]["text"], "Sure?");
    assert_eq!(written(EventName::StepContinued, "sure")["content"], true);
    assert_eq!(written(EventName::WorkflowPaused, "")["questions"][0]["path"], "sure");
}

#[tokio::test]
async fn an_event_is_written_flat_and_read_back() {
    let seen = events(Inner::new().run("a").run_id("r").session("s").stream()).await;
    let step = &seen[2];
    let written = serde_json::to_value(step).expect("writes");
    assert_eq!(
        written,
        json!({
            "sequence": 2,
            "run_id": "r",
            "session_id": "s",
            "workflow": "Inner",
            "path": "group/same",
            "parent": "group",
            "at": step.at.to_string(),
            "event": "StepStarted",
            "executor": "same",
        })
    );
    let read: Event = serde_json::from_value(written).expect("reads");
    assert_eq!((read.sequence, &read.kind, read.node()), (2, &step.kind, "same"));
    assert!(serde_json::to_value(&seen[0]).expect("writes").get("parent").is_none());
    for event in &seen {
        let again: Event = serde_json::from_value(serde_json::to_value(event).expect("writes")).expect("reads");
        assert_eq!(again.kind, event.kind);
        assert_eq!(serde_json::to_value(event).expect("writes")["event"], event.name().as_str());
    }
}

#[test]
fn the_names_are_agnos() {
    let names: Vec<_> = EventName::ALL.iter().map(|name| name.as_str()).collect();
    for name in [
        "WorkflowStarted",
        "WorkflowCompleted",
        "WorkflowError",
        "WorkflowCancelled",
        "StepStarted",
        "StepCompleted",
        "StepError",
        "StepOutput",
        "StepsExecutionStarted",
        "ParallelExecutionCompleted",
        "ConditionExecutionStarted",
        "LoopIterationStarted",
        "LoopExecutionCompleted",
        "RouterExecutionStarted",
        "CustomEvent",
        "RunContent",
    ] {
        assert!(names.contains(&name), "{name}");
    }
    assert_eq!(serde_json::to_value(EventName::StepOutput).expect("writes"), json!("StepOutput"));
}

workflow! {
    Kept(text: String) -> String with (store_events, skip_events = [StepStarted, StepOutput]) {
        same;
        ask sure: bool = "Sure?";
        same(same) as end;
    }
}

workflow! { NotKept(text: String) -> String { same; } }

fn names(out: Option<&[std::sync::Arc<Event>]>) -> Vec<&'static str> {
    out.into_iter().flatten().map(|event| event.name().as_str()).collect()
}

#[tokio::test]
async fn kinds_that_are_skipped_are_not_kept_but_heard() {
    let wf = Kept::new();
    let heard = events(wf.run("a").run_id("r").stream()).await;
    assert!(heard.iter().any(|event| event.name() == EventName::StepOutput));
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!(names(stored.events.as_deref()), ["WorkflowStarted", "StepCompleted", "StepPaused", "WorkflowPaused"]);
    let out = wf.answer("r", "sure", true).await.expect("completes");
    assert_eq!(
        names(out.events.as_deref()),
        [
            "WorkflowStarted",
            "StepCompleted",
            "StepPaused",
            "WorkflowPaused",
            "WorkflowContinued",
            "StepContinued",
            "StepCompleted",
            "WorkflowCompleted"
        ]
    );
}

#[tokio::test]
async fn the_run_overrides_the_builder_and_that_the_workflow() {
    let out = NotKept::new().run("a").await.expect("completes");
    assert!(out.events.is_none());
    let out = NotKept::new().run("a").store_events(true).await.expect("completes");
    assert_eq!(names(out.events.as_deref()), ["WorkflowStarted", "StepStarted", "StepOutput", "StepCompleted", "WorkflowCompleted"]);
    let wf = NotKept::builder().store_events(true).skip_events([EventName::StepStarted]).build();
    let out = wf.run("a").await.expect("completes");
    assert_eq!(names(out.events.as_deref()), ["WorkflowStarted", "StepOutput", "StepCompleted", "WorkflowCompleted"]);
    assert!(wf.run("a").store_events(false).await.expect("completes").events.is_none());
    let wf = Kept::builder().skip_events([]).build();
    _ = wf.run("a").run_id("r").outcome().await.expect("waits");
    let stored = wf.get_run("r").await.expect("reads").expect("is there");
    assert_eq!(names(stored.events.as_deref()).len(), 6);
}

#[step]
async fn waits(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("waits").await;
    text.to_owned()
}

workflow! { Deepest(text: String) -> String { extra probe: Probe; waits; } }
workflow! { Deeper(text: String) -> String { extra probe: Probe; Deepest; } }
workflow! { Deep(text: String) -> String { extra probe: Probe; Deeper; broken; } }

#[tokio::test]
async fn nested_workflows_say_how_deep_they_are() {
    let probe = Probe::new();
    probe.open("waits");
    let mut stream = Deep::new().run("a").extra(probe).stream();
    let seen = events(&mut stream).await;
    let depths: Vec<_> = seen
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::WorkflowStarted { depth, .. }
            | EventKind::WorkflowCompleted { depth, .. }
            | EventKind::WorkflowError { depth, .. } => Some((event.path.as_str(), depth, event.is_terminal())),
            _ => None,
        })
        .collect();
    assert_eq!(
        depths,
        [
            ("", 0, false),
            ("deeper", 1, false),
            ("deeper/deepest", 2, false),
            ("deeper/deepest", 2, false),
            ("deeper", 1, false),
            ("", 0, true)
        ]
    );
    assert!(seen.iter().all(|event| &*event.workflow == "Deep"), "events name the run's workflow");
}

#[tokio::test(start_paused = true)]
async fn only_depth_zero_is_terminal_when_a_nested_workflow_fails() {
    workflow! { Fails(text: String) -> String { broken; } }
    workflow! { Tolerates(text: String) -> String { Fails with (on_error = skip); same; } }
    let seen = events(Tolerates::new().run("a").stream()).await;
    assert_eq!(
        lines(&seen),
        [
            "WorkflowStarted",
            "WorkflowStarted fails",
            "StepStarted fails/broken",
            "StepError fails/broken",
            "WorkflowError fails",
            "StepStarted same",
            "StepOutput same",
            "StepCompleted same",
            "WorkflowCompleted",
        ]
    );
    assert_eq!(seen[4].text().as_deref(), Some("`fails/broken`: out of order"));
    assert!(!seen[4].is_terminal());
    assert_eq!(
        serde_json::to_value(&seen[4].kind).expect("writes"),
        json!({ "event": "WorkflowError", "depth": 1, "error": "`fails/broken`: out of order" })
    );
}

//! Streams: reading them is what runs the run.

use agno::{EventName, RunStream, prelude::*};
use futures_util::StreamExt as _;

use crate::{
    probe::{Probe, soon},
    support::{events, lines},
};

#[step]
async fn first(text: &str, #[extra] probe: &Probe) -> String {
    let _alive = probe.enter("first");
    format!("{text} 1")
}

#[step]
async fn talk(text: &str, ctx: &StepContext) -> String {
    ctx.emit("one");
    tokio::task::yield_now().await;
    ctx.emit(2);
    ctx.progress("half way", 0.5);
    ctx.emit_event("note", "of my own");
    text.to_owned()
}

#[step]
async fn gated(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("gated").await;
    format!("{text} 2")
}

workflow! {
    Inner(text: String) -> String {
        talk;
    }
}

workflow! {
    Outer(text: String) -> String {
        extra probe: Probe;
        first;
        Inner;
        steps group { gated; }
    }
}

fn open() -> Probe {
    let probe = Probe::new();
    probe.open("gated");
    probe
}

#[tokio::test]
async fn a_stream_has_every_event_and_then_the_outcome() {
    let mut stream = Outer::new().run("a").extra(open()).stream();
    let seen = events(&mut stream).await;
    assert_eq!(
        lines(&seen),
        [
            "WorkflowStarted",
            "StepStarted first",
            "StepOutput first",
            "StepCompleted first",
            "WorkflowStarted inner",
            "StepStarted inner/talk",
            "RunContent inner/talk",
            "RunContent inner/talk",
            "StepProgress inner/talk",
            "CustomEvent inner/talk",
            "StepOutput inner/talk",
            "StepCompleted inner/talk",
            "WorkflowCompleted inner",
            "StepsExecutionStarted group",
            "StepStarted group/gated",
            "StepCompleted group/gated",
            "StepsExecutionCompleted group",
            "WorkflowCompleted",
        ]
    );
    assert!(seen.iter().map(|event| event.sequence).eq(0..18), "numbered without a gap");
    assert!(stream.next().await.is_none() && stream.next().await.is_none(), "it stays ended");
    let Some(Ok(Outcome::Completed(out))) = stream.outcome() else { panic!("it completed") };
    assert_eq!(*out.content, "a 1 2");
    assert!(out.events.is_none(), "streaming stores nothing");
}

#[tokio::test]
async fn text_is_what_can_be_shown() {
    let seen = events(Outer::new().run("a").extra(open()).stream()).await;
    let texts: Vec<_> = seen.iter().filter_map(|event| event.text().map(|text| (event.name(), text))).collect();
    let expected = [
        (EventName::StepOutput, "a 1"),
        (EventName::RunContent, "one"),
        (EventName::RunContent, "2"),
        (EventName::StepProgress, "half way"),
        (EventName::StepOutput, "a 1"),
        (EventName::WorkflowCompleted, "a 1"),
        (EventName::WorkflowCompleted, "a 1 2"),
    ];
    assert!(texts.iter().map(|(name, text)| (*name, text.as_str())).eq(expected), "{texts:?}");
}

#[tokio::test]
async fn without_events_there_is_the_beginning_the_content_and_the_end() {
    let seen: Vec<_> =
        Outer::new().run("a").extra(open()).stream_events(false).stream().map(|event| event.expect("begins")).collect().await;
    assert_eq!(lines(&seen), ["WorkflowStarted", "RunContent inner/talk", "RunContent inner/talk", "WorkflowCompleted"]);
    let all = events(Outer::new().run("a").extra(open()).stream()).await;
    let numbers = |events: &[Event]| events.iter().map(|event| event.sequence).collect::<Vec<_>>();
    assert_eq!(numbers(&seen), [0, 6, 7, 17], "what is left out keeps its number");
    assert_eq!(all.len(), 18);
}

#[tokio::test]
async fn the_events_of_executors_can_be_left_out() {
    let seen: Vec<_> =
        Outer::new().run("a").extra(open()).stream_executor_events(false).stream().map(|event| event.expect("begins")).collect().await;
    assert!(!seen.iter().any(|event| event.name() == EventName::RunContent));
    assert_eq!(seen.len(), 16);
}

async fn read_to(stream: &mut RunStream<Outer>, path: &str) -> Event {
    loop {
        let event = soon(stream.next()).await.expect("comes").expect("begins");
        if event.path == path {
            return event;
        }
    }
}

#[tokio::test]
async fn a_stream_that_is_not_read_runs_nothing() {
    let (wf, probe) = (Outer::new(), open());
    drop(wf.run("a").extra(probe.clone()).stream());
    assert_eq!((probe.calls("first"), wf.sessions().list().await.expect("it answers").len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_leaves_the_run_resumable() {
    let (wf, probe) = (Outer::new(), Probe::new());
    let mut stream = wf.run("a").extra(probe.clone()).stream();
    let run_id = read_to(&mut stream, "group/gated").await.run_id;
    assert_eq!((probe.calls("gated"), probe.alive()), (1, 1));
    drop(stream);
    assert_eq!(probe.alive(), 0, "nothing is left running");
    let stored = wf.get_run(&*run_id).await.expect("reads").expect("is there");
    assert_eq!(stored.status, Status::Running);

    probe.open("gated");
    let seen: Vec<_> = soon(wf.resume(&*run_id).stream().map(|event| event.expect("begins")).collect()).await;
    assert_eq!(
        lines(&seen),
        [
            "WorkflowContinued",
            "StepRetrying group/gated",
            "StepCompleted group/gated",
            "StepsExecutionCompleted group",
            "WorkflowCompleted"
        ]
    );
    assert_eq!(probe.calls("first"), 1, "what is recorded does not run again");
}

#[tokio::test]
async fn a_run_that_cannot_begin_gives_one_error() {
    let mut stream = Outer::new().run_json(3).extra(open()).stream();
    let error = stream.next().await.expect("is told").expect_err("is wrong");
    assert!(matches!(error.as_run(), Some(RunError::InvalidInput(_))), "{error}");
    assert!(stream.next().await.is_none());
    assert!(stream.outcome().is_none());
}

#[step]
async fn broken(_text: &str) -> Result<String, std::io::Error> {
    Err(std::io::Error::other("out of order"))
}

workflow! {
    Broken(text: String) -> String { broken; }
}

#[tokio::test]
async fn a_failure_is_the_last_event_and_the_outcome() {
    let mut stream = Broken::new().run("a").stream();
    let seen = events(&mut stream).await;
    assert_eq!(lines(&seen), ["WorkflowStarted", "StepStarted broken", "StepError broken", "WorkflowError"]);
    assert_eq!(seen[3].text().as_deref(), Some("`broken`: out of order"));
    assert!(matches!(stream.outcome(), Some(Err(RunError::Failed { .. }))));
}

#[step]
fn keep(text: &str) -> String {
    text.to_owned()
}

#[step]
async fn waits(text: &str, #[extra] probe: &Probe) -> String {
    probe.pass("waits").await;
    text.to_owned()
}

workflow! {
    Asking(text: String) -> String {
        extra probe: Probe;
        parallel both {
            steps question { ask sure: bool = "Sure?"; map |sure| sure.to_string(); }
            waits;
        }
        map |sure, text| format!("{sure} {text}");
    }
}

#[tokio::test]
async fn a_pause_ends_the_stream_of_its_leg() {
    let (wf, probe) = (Asking::new(), Probe::new());
    probe.open("waits");
    let mut stream = wf.run("a").extra(probe).stream();
    let seen = events(&mut stream).await;
    assert_eq!(lines(&seen).last().expect("there are some"), "WorkflowPaused");
    let Some(Ok(Outcome::Paused(paused))) = stream.outcome() else { panic!("it paused") };

    let mut stream = wf.answer(paused.run_id(), "sure", true).stream();
    let next: Vec<_> = stream.by_ref().map(|event| event.expect("begins")).collect().await;
    assert_eq!(
        lines(&next),
        [
            "WorkflowContinued",
            "StepContinued both/question/sure",
            "StepStarted both/question/map",
            "StepCompleted both/question/map",
            "StepsExecutionCompleted both/question",
            "ParallelExecutionCompleted both",
            "StepStarted map",
            "StepCompleted map",
            "WorkflowCompleted",
        ]
    );
    let whole: Vec<_> = seen.iter().chain(&next).collect();
    agno::testing::grammar::check(whole, agno::testing::grammar::Extent::Whole).expect("is a sentence");
    assert!(matches!(stream.outcome(), Some(Ok(Outcome::Completed(out))) if *out.content == "true a"));
}

#[tokio::test]
async fn a_run_that_does_not_run_streams_how_it_ended() {
    let (wf, probe) = (Asking::new(), Probe::new());
    probe.open("waits");
    let seen = events(wf.run("a").run_id("r").extra(probe.clone()).stream()).await;
    let mut stream = wf.resume("r").stream();
    let again: Vec<_> = stream.by_ref().map(|event| event.expect("begins")).collect().await;
    assert_eq!(lines(&again), ["WorkflowPaused"]);
    assert_eq!(again[0].sequence, seen.last().expect("there are some").sequence, "it is the same event");
    assert!(matches!(stream.outcome(), Some(Ok(Outcome::Paused(_)))));

    let out = wf.answer("r", "sure", true).await.expect("completes");
    let mut stream = wf.run("a").run_id("r").extra(probe).stream();
    let again: Vec<_> = stream.by_ref().map(|event| event.expect("begins")).collect().await;
    assert_eq!(lines(&again), ["WorkflowCompleted"]);
    assert_eq!(again[0].text(), Some((*out.content).clone()));
    assert!(matches!(stream.outcome(), Some(Ok(Outcome::Completed(_)))));
}

#[tokio::test(start_paused = true)]
async fn a_second_stream_joins_the_run_and_takes_nothing_from_the_first() {
    let (wf, probe) = (Outer::new(), Probe::new());
    let mut one = wf.run("a").run_id("r").extra(probe.clone()).stream();
    let mut seen = vec![soon(one.next()).await.expect("comes").expect("begins")];
    let mut two = wf.resume("r").stream();
    let reader = async {
        let mut joined = Vec::new();
        while let Some(event) = two.next().await {
            joined.push(event.expect("begins"));
        }
        joined
    };
    let owner = async {
        while let Some(event) = one.next().await {
            seen.push(event.expect("begins"));
            if lines(&seen).contains(&"StepStarted group/gated".to_owned()) {
                probe.open("gated");
            }
        }
    };
    let (joined, ()) = soon(futures_util::future::join(reader, owner)).await;
    assert_eq!(seen.len(), 18, "{:?}", lines(&seen));
    // From when it came on; what was said before is not told again.
    assert!(joined.len() > 5);
    assert_eq!(lines(&joined), lines(&seen)[seen.len() - joined.len()..]);
    assert_eq!(probe.calls("first"), 1);
    assert!(matches!(two.outcome(), Some(Ok(Outcome::Completed(_)))));
    assert!(matches!(one.outcome(), Some(Ok(Outcome::Completed(_)))));
}

#[tokio::test(start_paused = true)]
async fn a_second_stream_takes_the_run_on_when_the_first_is_dropped() {
    let (wf, probe) = (Outer::new(), Probe::new());
    let mut one = wf.run("a").run_id("r").extra(probe.clone()).stream();
    read_to(&mut one, "group").await;
    let mut two = wf.resume("r").stream();
    let reader = async {
        let mut joined = Vec::new();
        while let Some(event) = two.next().await {
            joined.push(event.expect("begins"));
        }
        joined
    };
    let dropper = async {
        read_to(&mut one, "group/gated").await;
        drop(one);
        probe.open("gated");
    };
    let (joined, ()) = soon(futures_util::future::join(reader, dropper)).await;
    assert_eq!(
        lines(&joined),
        [
            "WorkflowContinued",
            "StepRetrying group/gated",
            "StepCompleted group/gated",
            "StepsExecutionCompleted group",
            "WorkflowCompleted"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn between_two_events_the_run_can_be_cancelled() {
    let (wf, probe) = (Outer::new(), Probe::new());
    let mut stream = wf.run("a").run_id("r").extra(probe.clone()).stream();
    read_to(&mut stream, "group").await;
    // Nobody reads the stream meanwhile.
    soon(wf.cancel("r")).await.expect("is cancelled");
    assert_eq!(probe.alive(), 0);
    let rest: Vec<_> = soon(stream.by_ref().map(|event| event.expect("begins")).collect()).await;
    assert_eq!(lines(&rest).last().expect("there are some"), "WorkflowCancelled");
    assert!(matches!(stream.outcome(), Some(Err(RunError::Cancelled { .. }))));
}

#[tokio::test(start_paused = true)]
async fn between_two_events_a_question_can_be_answered() {
    let (wf, probe) = (Asking::new(), Probe::new());
    let mut stream = wf.run("a").run_id("r").extra(probe.clone()).stream();
    let mut seen = Vec::new();
    while let Some(event) = soon(stream.next()).await {
        let event = event.expect("begins");
        if let EventKind::StepPaused { question } = &event.kind {
            probe.open("waits");
            let out = soon(wf.answer(&*event.run_id, &question.path, true)).await.expect("completes");
            assert_eq!(*out.content, "true a");
        }
        seen.push(event);
    }
    agno::testing::grammar::check(&seen, agno::testing::grammar::Extent::Whole).expect("is a sentence");
    assert!(!lines(&seen).contains(&"WorkflowPaused".to_owned()), "nothing was left to wait for: {:?}", lines(&seen));
    assert!(lines(&seen).contains(&"StepContinued both/question/sure".to_owned()));
    assert!(matches!(stream.outcome(), Some(Ok(Outcome::Completed(_)))));
}

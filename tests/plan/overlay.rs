//! Runs laid over their plans: completed, failed, paused, running; from results and from events.

use std::time::Duration;

use agno::{NodeRun, NodeState, Overlay, Status, Tally, prelude::*};
use futures_util::StreamExt as _;

use crate::{
    fixtures::{
        Broken, Client, Editor, Everything, Executors, Failures, Loops, Nested, Review, Routers, Side, Topic, Ways, both, is_long, longer,
        picky, same, shout,
    },
    formats::assert_overlay_well_formed,
};

/// The runs that are drawn have a paused clock and an id that is always the same, so their times are too.
fn snapshot(name: &str, overlay: &Overlay<'_>) {
    insta::assert_snapshot!(format!("{name}.txt"), overlay);
    insta::assert_snapshot!(format!("{name}.mermaid"), overlay.mermaid());
    insta::assert_snapshot!(format!("{name}.dot"), overlay.dot());
    insta::assert_snapshot!(format!("{name}.svg"), overlay.svg());
    insta::assert_snapshot!(format!("{name}.json"), format!("{:#}", runs(&overlay.json()["workflow"]["nodes"])));
    assert_overlay_well_formed(overlay);
}

/// The part of the JSON that is about the run.
fn runs(nodes: &serde_json::Value) -> serde_json::Value {
    let mut found = serde_json::Map::new();
    collect(nodes, &mut found);
    found.into()
}

fn collect(value: &serde_json::Value, found: &mut serde_json::Map<String, serde_json::Value>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        serde_json::Value::Object(fields) => {
            if let (Some(path), Some(run)) = (fields.get("path").and_then(serde_json::Value::as_str), fields.get("run")) {
                found.insert(path.to_owned(), run.clone());
            }
            fields.values().for_each(|field| collect(field, found));
        }
        _ => {}
    }
}

fn state(overlay: &Overlay<'_>, path: &str) -> NodeState {
    at(overlay, path).state
}

fn at<'o>(overlay: &'o Overlay<'_>, path: &str) -> &'o NodeRun {
    overlay.at(path).unwrap_or_else(|| panic!("`{path}` is in the plan"))
}

fn tally(completed: u32, failed: u32) -> Tally {
    let mut tally = Tally::default();
    (tally.completed, tally.failed) = (completed, failed);
    tally
}

async fn events_of(stream: impl futures_util::Stream<Item = agno::Result<Event>>) -> Vec<Event> {
    stream.map(|event| event.expect("the run begins")).collect().await
}

/// What results and events say is the same, but for the times.
fn assert_same(results: &Overlay<'_>, events: &Overlay<'_>) {
    assert_eq!(results.status(), events.status());
    for ((path, result), (_, event)) in results.nodes().zip(events.nodes()) {
        let without_time = |run: &NodeRun| {
            let mut run = run.clone();
            run.duration = Duration::ZERO;
            run
        };
        assert_eq!(without_time(result), without_time(event), "`{path}`");
    }
}

#[tokio::test(start_paused = true)]
async fn a_completed_run() {
    let mut stream = Ways::new().run("a big cat").run_id("a_completed_run").stream();
    let events = events_of(&mut stream).await;
    let outcome = stream.outcome().expect("has ended").expect("completes");
    let overlay = Ways::PLAN.overlay(&outcome);
    assert_eq!(overlay.status(), Some(Status::Completed));

    // One of three items begins with a `b`, and that is collected.
    assert_eq!((at(&overlay, "items").state, at(&overlay, "items").turns), (NodeState::Completed, tally(2, 1)));
    assert_eq!((at(&overlay, "items/picky").state, at(&overlay, "items/picky").times), (NodeState::Failed, tally(2, 1)));
    assert_eq!((at(&overlay, "items/picky").attempts, at(&overlay, "items/picky").error.as_deref()), (4, Some("out of order")));
    assert_eq!((at(&overlay, "grow").turns, at(&overlay, "grow/longer").times), (tally(2, 0), tally(2, 0)));
    assert_eq!((at(&overlay, "check").ways.clone(), state(&overlay, "check/review")), (vec!["false".to_owned()], NodeState::NotReached));
    assert_eq!((state(&overlay, "check/quiet/careful"), state(&overlay, "way")), (NodeState::Completed, NodeState::Completed));
    assert_eq!(overlay.at("nothing"), None);
    assert!(overlay.text().contains("1 of 3 failed"), "{overlay}");

    snapshot("completed", &overlay);
    assert_same(&overlay, &Ways::PLAN.overlay(&events));
}

#[tokio::test(start_paused = true)]
async fn a_failed_run() {
    let mut stream = Failing::new().run("bad").run_id("a_failed_run").stream();
    let events = events_of(&mut stream).await;
    let error = stream.outcome().expect("has ended").expect_err("fails");
    let overlay = Failing::PLAN.overlay(&error);
    assert_eq!(overlay.status(), Some(Status::Failed));
    assert_eq!(
        (state(&overlay, "before"), state(&overlay, "group"), state(&overlay, "group/picky")),
        (NodeState::Completed, NodeState::Failed, NodeState::Failed)
    );
    assert_eq!((at(&overlay, "group/picky").attempts, state(&overlay, "after")), (2, NodeState::NotReached));
    assert_eq!((state(&overlay, "both"), state(&overlay, "both/fine")), (NodeState::NotReached, NodeState::NotReached));

    snapshot("failed", &overlay);
    assert_same(&overlay, &Failing::PLAN.overlay(&events));
    assert_same(&overlay, &Failing::PLAN.overlay(error.partial().expect("has run")));
}

workflow! {
    Failing(text: String) -> String {
        same as before;
        steps group { picky; }
        same as after;
        parallel both { same as fine; same as well; }
        both as joined;
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_run() {
    let workflow = Ways::new();
    let mut stream = workflow.run("ask").run_id("a_paused_run").store_events(true).stream();
    let events = events_of(&mut stream).await;
    let Some(Ok(Outcome::Paused(paused))) = stream.outcome() else { panic!("asks") };
    let overlay = Ways::PLAN.overlay(&paused);
    assert_eq!(overlay.status(), Some(Status::Paused));
    assert_eq!((state(&overlay, "check"), state(&overlay, "check/review")), (NodeState::Waiting, NodeState::Waiting));
    assert_eq!(
        (state(&overlay, "check/if"), state(&overlay, "check/quiet"), state(&overlay, "way")),
        (NodeState::Completed, NodeState::NotReached, NodeState::NotReached)
    );

    snapshot("paused", &overlay);
    assert_same(&overlay, &Ways::PLAN.overlay(&events));
    let stored = workflow.get_run(paused.run_id()).await.expect("may be read").expect("is stored");
    assert_same(&overlay, &Ways::PLAN.overlay(&stored));

    let run = workflow.answer(paused.run_id(), Ways::questions().review, Review::Approve).await.expect("goes on");
    let overlay = Ways::PLAN.overlay(&run);
    assert_eq!((state(&overlay, "check"), state(&overlay, "check/review")), (NodeState::Completed, NodeState::Completed));
    assert_same(&overlay, &Ways::PLAN.overlay(run.events.as_ref().expect("are kept")));
}

#[tokio::test]
async fn a_running_run() {
    let workflow = Ways::new();
    let mut stream = workflow.run("a cat").stream();
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        let event = event.expect("runs");
        let stop = event.path == "grow[0]/longer";
        events.push(event);
        if stop {
            break;
        }
    }
    let overlay = Ways::PLAN.overlay(&events);
    assert_eq!(overlay.status(), Some(Status::Running));
    assert_eq!(
        (state(&overlay, "words"), state(&overlay, "grow"), state(&overlay, "grow/longer")),
        (NodeState::Completed, NodeState::Running, NodeState::Running)
    );
    assert_eq!((state(&overlay, "grow/until"), state(&overlay, "check")), (NodeState::NotReached, NodeState::NotReached));
    assert!(overlay.text().contains("▶ loop grow"), "{overlay}");
    assert_overlay_well_formed(&overlay);
}

workflow! { Sleeps(text: String) -> String { same; steps group { longer; sleep "1h"; } same as after; } }

#[tokio::test(start_paused = true)]
async fn a_run_in_the_background() {
    let workflow = Sleeps::new();
    let handle = workflow.run("a").background().await.expect("begins");
    let events = handle.events(0).await.expect("are there").take(8).collect::<Vec<_>>().await;
    let stored = workflow.get_run(handle.id()).await.expect("may be read").expect("is stored");
    let (known, heard) = (Sleeps::PLAN.overlay(&stored), Sleeps::PLAN.overlay(&events));
    for overlay in [&known, &heard] {
        let states = ["same", "group", "group/longer", "after"].map(|path| state(overlay, path));
        assert_eq!(overlay.status(), Some(Status::Running));
        assert_eq!(states, [NodeState::Completed, NodeState::Running, NodeState::Completed, NodeState::NotReached], "{overlay}");
    }
    // Of the run as it is stored, only what has ended is known.
    assert_eq!((state(&known, "group/sleep"), state(&heard, "group/sleep")), (NodeState::NotReached, NodeState::Running));
    handle.cancel().await.expect("is cancelled");
}

#[tokio::test]
async fn decisions_about_failures_wait_at_the_node() {
    let workflow = Failures::new();
    let mut stream = workflow.run("bad").stream();
    let events = events_of(&mut stream).await;
    let Some(Ok(outcome)) = stream.outcome() else { panic!("pauses") };
    let overlay = Failures::PLAN.overlay(&outcome);
    assert_eq!((state(&overlay, "picky"), state(&overlay, "picky/fallback")), (NodeState::Failed, NodeState::Completed));
    assert_eq!(
        (state(&overlay, "skipped"), state(&overlay, "none"), state(&overlay, "map")),
        (NodeState::Skipped, NodeState::Failed, NodeState::Completed)
    );
    // `none` gives no text, so nothing fails after it.
    assert_eq!(state(&overlay, "decided"), NodeState::Completed);
    assert_same(&overlay, &Failures::PLAN.overlay(&events));

    let mut stream = Deciding::new().run("bad").stream();
    let events = events_of(&mut stream).await;
    let Some(Ok(outcome)) = stream.outcome() else { panic!("pauses") };
    let overlay = Deciding::PLAN.overlay(&outcome);
    assert_eq!((state(&overlay, "group"), state(&overlay, "group/decided")), (NodeState::Waiting, NodeState::Waiting));
    assert_eq!(state(&Deciding::PLAN.overlay(&events), "group/decided"), NodeState::Waiting);
}

workflow! { Deciding(text: String) -> String { steps group { picky as decided with (on_error = pause); } } }

#[tokio::test]
async fn both_sides_may_have_nodes_of_one_path() {
    for (text, left, right) in [("a long text it is", 1, 0), ("short", 0, 1)] {
        let mut stream = SameNames::new().run(text).stream();
        let events = events_of(&mut stream).await;
        let outcome = stream.outcome().expect("has ended").expect("completes");
        for overlay in [SameNames::PLAN.overlay(&outcome), SameNames::PLAN.overlay(&events)] {
            let times: Vec<_> =
                overlay.nodes().filter(|(path, _)| *path == "sides/deep/ways/node").map(|(_, run)| run.times.total()).collect();
            assert_eq!(times, [left, right], "{overlay}");
            let state = overlay.at("sides/deep/ways/node").map(|run| run.state);
            assert_eq!(state, Some(NodeState::Completed));
        }
    }
}

workflow! { Deep(text: String) -> String { router ways (|text| text.len()) { 0 => longer as node, _ => same as node } } }
workflow! {
    SameNames(text: String) -> String {
        condition sides (is_long) { steps deep { router ways (|text| text.len()) { 0 => shout as other, _ => same as node } } }
        else { steps deep { condition ways (is_long) { same as long; } else { same as node; } } }
        Deep;
    }
}

#[tokio::test]
async fn arms_that_are_chosen_several_times() {
    let run = Routers::new().run("abc").await.expect("runs");
    let overlay = Routers::PLAN.overlay(&run);
    assert_eq!(at(&overlay, "way").ways, ["1..=9"]);
    assert_eq!((state(&overlay, "way/few"), state(&overlay, "way/none")), (NodeState::Completed, NodeState::NotReached));
    assert_eq!((at(&overlay, "several/many/longer").times, at(&overlay, "several/many/same").times), (tally(1, 0), tally(1, 0)));
    let run = Routers::new().run("").await.expect("runs");
    assert_eq!(state(&Routers::PLAN.overlay(&run), "way/none"), NodeState::Completed);
}

#[step]
async fn plans(text: &str, ctx: &StepContext) -> Result<String, StepError> {
    let first = ctx.step::<same>(text.to_owned()).await?;
    let second = ctx.step::<longer>((*first).clone()).await?;
    Ok((*second).clone())
}

workflow! { Fails(text: String) -> String { same; flaky; } }
#[step]
async fn flaky(text: &str, ctx: &StepContext) -> Result<String, Broken> {
    // The first start fails; the path of the second one says that it is the second.
    if ctx.path().contains('~') { Ok(text.to_owned()) } else { Err(Broken) }
}
workflow! { Starts(text: String) -> String { Fails with (retry = 2); plans; } }

#[tokio::test]
async fn fresh_starts_and_children() {
    let mut stream = Starts::new().run("a").stream();
    let events = events_of(&mut stream).await;
    let outcome = stream.outcome().expect("has ended").expect("completes");
    let overlay = Starts::PLAN.overlay(&outcome);
    // What failed and was started anew is not what came of it.
    assert_eq!(
        (state(&overlay, "fails"), at(&overlay, "fails").attempts, at(&overlay, "fails").times),
        (NodeState::Completed, 2, tally(1, 0))
    );
    assert_eq!((state(&overlay, "fails/flaky"), at(&overlay, "fails/same").times), (NodeState::Completed, tally(1, 0)));
    assert_eq!((at(&overlay, "plans").calls, at(&overlay, "plans").times), (2, tally(1, 0)));
    assert_same(&overlay, &Starts::PLAN.overlay(&events));
}

#[tokio::test]
async fn a_cancelled_run_and_one_that_never_began() {
    let workflow = Ways::new();
    let Outcome::Paused(paused) = workflow.run("ask").outcome().await.expect("asks") else { panic!("asks") };
    workflow.cancel(paused.run_id()).await.expect("is cancelled");
    let stored = workflow.get_run(paused.run_id()).await.expect("may be read").expect("is stored");
    let overlay = Ways::PLAN.overlay(&stored);
    assert_eq!(
        (overlay.status(), state(&overlay, "check"), state(&overlay, "words")),
        (Some(Status::Cancelled), NodeState::Cancelled, NodeState::Completed)
    );

    let overlay = Ways::PLAN.overlay(&[] as &[Event]);
    assert_eq!(overlay.status(), None);
    assert!(overlay.nodes().all(|(_, run)| *run == NodeRun::default()));
}

#[tokio::test]
async fn nested_workflows_are_laid_over_each_by_itself() {
    let run = Nested::new().run("short").await.expect("runs");
    let overlay = Nested::PLAN.overlay(&run);
    let states: Vec<_> =
        ["group/group/shout", "deep/again", "two/one/group/shout", "two/recursive/again"].map(|path| state(&overlay, path)).into();
    assert_eq!(states, [NodeState::Completed; 4]);
    assert_eq!(at(&overlay, "two/one/group/shout").times, tally(1, 0));
}

#[tokio::test(start_paused = true)]
async fn everything_at_once() {
    let workflow = Everything::builder().editor(Editor).build();
    for (title, taken) in [("", "work/way/text"), ("a", "work/way/recursive"), ("a b", "work/way/nested")] {
        let mut stream = workflow.run(Topic { title: title.to_owned() }).extra(Client).stream();
        let events = events_of(&mut stream).await;
        let outcome = stream.outcome().expect("has ended").expect("completes or asks");
        let overlay = Everything::PLAN.overlay(&outcome);
        for way in ["work/way/text", "work/way/recursive", "work/way/nested"] {
            assert_eq!(state(&overlay, way) == NodeState::NotReached, way != taken, "{overlay}");
        }
        assert_same(&overlay, &Everything::PLAN.overlay(&events));
        assert_overlay_well_formed(&overlay);
    }
    let run = Executors::builder().editor(Editor).build().run("a").await.expect("runs");
    assert_eq!(at(&Executors::PLAN.overlay(&run), "again").times, tally(1, 0));
}

#[tokio::test]
async fn colours_only_when_asked() {
    let run = Loops::new().run("a").await.expect("runs");
    let overlay = Loops::PLAN.overlay(&run);
    assert!(!overlay.text().contains('\u{1b}'));
    let colored = overlay.text_in_color();
    assert!(colored.contains("\u{1b}[32m✓\u{1b}[0m loop turns"), "{colored}");
    let plain = without_escapes(&colored);
    assert_eq!(plain, overlay.text());
}

/// The text without ANSI's escapes.
fn without_escapes(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[tokio::test]
async fn the_picture_has_the_colours_of_what_became_of_it() {
    let run = Side::new().run("a").await.expect("runs");
    let svg = Side::PLAN.overlay(&run).svg();
    assert!(svg.contains("#16a34a") && !svg.contains("#6366f1"), "{svg}");
    assert!(Side::PLAN.svg().contains("#6366f1"));
}

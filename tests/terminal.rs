//! What a run looks like: as lines, and as a tree. Golden output, `tests/terminal/*.snap`; times are made equal, so that only what happened counts.

#![cfg(feature = "terminal")]

mod support;

use std::{ops::ControlFlow, sync::Arc};

use agno::{
    EventKind, Workflow,
    prelude::*,
    terminal::{RunTree, Transcript},
};
use futures_util::{Stream, StreamExt as _};

/// The lines of a run, and its tree.
fn drawn<W: Workflow>(events: &[Event]) -> String {
    let mut transcript = Transcript::default();
    let mut tree = RunTree::of(W::PLAN);
    let mut text = String::new();
    for event in events {
        for line in transcript.lines(event) {
            text.push_str(&line);
            text.push('\n');
        }
        tree.apply(event);
    }
    format!("{text}\n{tree}")
}

/// Reads the events of a run, with times that are always the same: each event a millisecond after the one before.
async fn read(events: impl Stream<Item = agno::Result<Event>>) -> Vec<Event> {
    let mut events = support::events(events).await;
    for event in &mut events {
        event.run_id = Arc::from("run-1");
        event.at = format!("2026-01-01T00:00:{:02}.{:03}Z", event.sequence / 1_000, event.sequence % 1_000).parse().expect("a time");
        match &mut event.kind {
            EventKind::StepCompleted { duration, .. } => *duration = 0.001,
            EventKind::StepRetrying { delay, .. } => *delay = 0.02,
            _ => {}
        }
    }
    events
}

async fn shows<W: Workflow>(run: agno::RunBuilder<W, agno::WithoutExtra>) -> String
where
    agno::WithoutExtra: agno::ExtraGiven<W>,
{
    drawn::<W>(&read(run.stream()).await)
}

fn golden(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "terminal", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

#[step]
async fn double(number: &u32) -> u32 {
    number * 2
}

#[step(label = "Plus one")]
async fn increase(number: &u32) -> u32 {
    number + 1
}

#[step]
async fn add(a: &u32, b: &u32) -> u32 {
    a + b
}

#[step]
async fn is_large(number: &u32) -> bool {
    *number > 10
}

#[derive(Debug)]
struct Busy;

impl std::fmt::Display for Busy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the site is busy\nit says")
    }
}

impl std::error::Error for Busy {}

#[step(retry = 2, backoff = "1ms")]
async fn flaky(number: &u32, ctx: &StepContext) -> Result<u32, Busy> {
    if ctx.attempt() < 3 { Err(Busy) } else { Ok(*number) }
}

#[step]
async fn fails(number: &u32) -> Result<u32, Busy> {
    if *number > 0 { Err(Busy) } else { Ok(0) }
}

#[tokio::test]
async fn groups_and_branches() {
    workflow! {
        /// All kinds of blocks.
        Blocks(number: u32) -> u32 {
            double;
            parallel both (label = "Both sides") {
                increase;
                steps group { double as again; sleep "1ms"; }
            }
            add;
            map |sum| sum + 1;
            map as total |sum| sum + 1;
        }
    }
    golden("groups_and_branches", &shows(Blocks::new().run(1_u32)).await);
}

#[tokio::test]
async fn decisions() {
    workflow! {
        Decisions(number: u32) -> u32 {
            condition small (is_large) { double; }
            condition other (is_large(7)) { double as one; } else { increase; }
            loop grow (max = 5, until = is_large) { double as more; }
            router by_parity (|number| *number % 2 == 0) { true => increase as up, false => double as down }
            router chosen (|number| vec![*number > 0, false], many) { true => increase as first, false => double as second }
        }
    }
    golden("decisions", &shows(Decisions::new().run(2_u32)).await);
}

#[tokio::test]
async fn short_and_long_lists() {
    workflow! {
        Lists(number: u32) -> u32 {
            map |number| vec![*number; 2];
            each few |item| { double; }
            map as many_more |items| vec![items[0]; 23];
            each many_items |item| { steps inner { double as twice; increase; } }
            map as sum |items| items.iter().sum::<u32>();
        }
    }
    golden("short_and_long_lists", &shows(Lists::new().run(1_u32)).await);
}

#[tokio::test]
async fn retries_and_failures() {
    workflow! {
        Failures(number: u32) -> u32 {
            flaky;
            fails with (on_error = skip);
            fails as absent with (on_error = none);
            map |_absent| 1;
            fails as replaced with (on_error = fallback(double));
            parallel all (on_error = collect) { fails as left; double as right; }
            map as rest |left, right| left.clone().unwrap_or(1) + right.clone().unwrap_or(1);
            parallel group { fails as first; sleep "1h"; }
            map as never |first, second| first + second;
        }
    }
    golden("retries_and_failures", &shows(Failures::new().run(1_u32)).await);
}

#[tokio::test]
async fn nested_workflows_and_children() {
    #[step]
    async fn orchestrate(number: &u32, ctx: &StepContext) -> Result<u32, StepError> {
        let mut number = *number;
        for _ in 0..7 {
            number = *ctx.step::<double>(number).await?;
        }
        Ok(number)
    }

    workflow! {
        FactCheck(number: u32) -> u32 { double; flaky; }
    }

    workflow! {
        Outer(number: u32) -> u32 {
            orchestrate;
            FactCheck;
            FactCheck as second with (label = "Once more");
        }
    }
    golden("nested_workflows_and_children", &shows(Outer::new().run(1_u32)).await);
}

#[tokio::test]
async fn an_early_end() {
    #[step]
    async fn enough(number: &u32) -> ControlFlow<String, u32> {
        if *number > 1 { ControlFlow::Break("enough".to_owned()) } else { ControlFlow::Continue(*number) }
    }

    workflow! {
        Early(number: u32) -> String {
            steps group { double; enough; }
            map |number| number.to_string();
        }
    }
    golden("an_early_end", &shows(Early::new().run(1_u32)).await);
}

#[tokio::test]
async fn a_pause_and_what_follows() {
    workflow! {
        Asks(number: u32) -> u32 {
            double;
            parallel people {
                ask budget: u32 = format!("How much for {number}?");
                steps other { increase; ask legal: bool = "Is it legal?"; }
            }
            map |budget, _legal| *budget;
            fails with (on_error = pause);
        }
    }
    let asks = Asks::new();
    let mut events = read(asks.run(1_u32).run_id("r").stream()).await;
    let mut text = drawn::<Asks>(&events);
    for (question, answer) in [("budget", serde_json::json!(7)), ("legal", true.into()), ("fails/error", "skip".into())] {
        events.extend(read(asks.answer_json("r", question, answer).stream()).await);
        text.push_str(&format!("\n== {question}\n\n{}", drawn::<Asks>(&events)));
    }
    golden("a_pause_and_what_follows", &text);
}

#[tokio::test]
async fn content_progress_and_custom_events() {
    #[step]
    async fn talk(name: &str, ctx: &StepContext) -> String {
        ctx.emit("one line\nand ");
        ctx.emit("half of another");
        ctx.progress("nearly there", ());
        ctx.emit(" one");
        ctx.emit_event("found", 7);
        format!("Hello, {name}")
    }

    workflow! {
        Talks(name: String) -> String { talk; }
    }
    let events = read(Talks::new().run("Ann").stream()).await;
    let streaming = events.iter().position(|event| matches!(event.kind, EventKind::CustomEvent { .. })).expect("it is there");
    let text = format!("{}\n== while it streams\n\n{}", drawn::<Talks>(&events), drawn::<Talks>(&events[..streaming]));
    // A running node's time is that of the clock.
    let text: Vec<&str> = text.lines().map(|line| if line.contains("⠋ talk") { "└─ ⠋ talk  (time)  nearly there" } else { line }).collect();
    golden("content_progress_and_custom_events", &text.join("\n"));
}

#[tokio::test]
async fn what_steps_say_does_nothing_to_the_terminal() {
    #[step]
    async fn attack(name: &str, ctx: &StepContext) -> Result<String, std::io::Error> {
        ctx.emit(format!("\x1b[2J\x1b]0;owned\x07\u{9b}31m{name}\r\n"));
        ctx.progress("\x1b[1A\x1b[2Khidden\u{202e}", ());
        ctx.emit_event("\x1b[31mred", "\x1b[8m");
        Err(std::io::Error::other("\x1b[3J\x07bad\x08"))
    }

    workflow! {
        Attacked(name: String) -> String with (name = "\u{1b}[7mAttacked") { attack; }
    }
    let events = read(Attacked::new().run("\u{1b}[0mAnn").stream()).await;
    for until in 0..events.len() {
        let text = drawn::<Attacked>(&events[..=until]);
        let bad = text.chars().find(|letter| letter.is_control() && *letter != '\n');
        assert_eq!(bad, None, "{text:?}");
    }
    golden("what_steps_say", &drawn::<Attacked>(&events));
}

#[tokio::test]
async fn a_cancelled_run() {
    workflow! {
        Waits(number: u32) -> u32 {
            double;
            // One branch is open when it ends: which of two is cancelled first is nobody's business.
            parallel both { double as quick; steps inner { sleep "2h"; } }
            map |one, _two| *one;
        }
    }
    let waits = Waits::new();
    let handle = waits.run(1_u32).background().await.expect("it begins");
    let mut events = handle.events(0).await.expect("they are kept");
    let mut read_events = Vec::new();
    while let Some(event) = events.next().await {
        read_events.push(Ok(Event::clone(&event)));
        if event.path == "both/inner/sleep" && matches!(event.kind, EventKind::StepStarted { .. }) {
            handle.cancel().await.expect("it is cancelled");
        }
    }
    golden("a_cancelled_run", &drawn::<Waits>(&read(futures_util::stream::iter(read_events)).await));
}

/// A list of ten thousand items is neither ten thousand lines nor ten thousand nodes.
#[tokio::test]
async fn long_lists_stay_short() {
    workflow! {
        Long(number: u32) -> u32 {
            map |number| vec![*number; 10_000];
            each items |item| { double; }
            map as sum |items| items.iter().sum::<u32>();
        }
    }
    let mut transcript = Transcript::default();
    let mut stream = Long::new().run(1_u32).stream();
    let mut lines = 0;
    while let Some(event) = stream.next().await {
        lines += transcript.lines(&event.expect("it runs")).len();
    }
    assert!(lines < 40, "{lines}");
    let tree = transcript.tree().to_string();
    assert!(tree.lines().count() < 20 && tree.contains("… 9995 more") && tree.contains("10000 items"), "{tree}");
}

//! Spans for runs and nodes, and what `.debug()` says.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
};

use agno::prelude::*;
use tracing::{
    Level, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{Layer, layer::Context, prelude::*, registry::LookupSpan};

#[step]
async fn outside(text: &str) -> String {
    tracing::info!(mine = 1, "in the step");
    text.to_owned()
}

#[step]
fn big(text: &str) -> String {
    "ä".repeat(2000) + text
}

#[step(retry = 1, backoff = "1s")]
async fn fails(_text: &str) -> Result<String, std::io::Error> {
    Err(std::io::Error::other("out of order"))
}

#[step]
fn in_a_task(text: &str) -> String {
    tracing::info!("in the task");
    text.to_owned()
}

workflow! {
    Traced(text: String) -> String {
        outside;
        parallel both { in_a_task; outside as again; }
        map |a, _b| a.clone();
        big;
        fails with (on_error = skip);
    }
}

/// Writes spans and events as lines, with the names of the spans round them.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let names: Vec<_> = context.span_scope(id).into_iter().flatten().map(|span| span.name()).collect();
        self.0.lock().expect("is not poisoned").push(format!("span {} {:?}", names.join("<"), fields.0));
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let names: Vec<_> = context.event_scope(event).into_iter().flatten().map(|span| span.name()).collect();
        self.0.lock().expect("is not poisoned").push(format!("{} {} {:?}", event.metadata().level(), names.join("<"), fields.0));
    }
}

impl Lines {
    fn of(&self, start: &str) -> Vec<String> {
        self.0.lock().expect("is not poisoned").iter().filter(|line| line.starts_with(start)).cloned().collect()
    }
}

fn subscribed(level: Level) -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let filter = tracing_subscriber::filter::LevelFilter::from_level(level);
    let guard = tracing_subscriber::registry().with(lines.clone().with_filter(filter)).set_default();
    (lines, guard)
}

#[tokio::test(start_paused = true)]
async fn runs_and_steps_have_spans() {
    let (lines, _guard) = subscribed(Level::INFO);
    Traced::new().run("a").run_id("r").session("s").await.expect("completes");
    let spans = lines.of("span");
    assert_eq!(spans[0], r#"span run {"run_id": "r", "session_id": "s", "workflow": "Traced"}"#);
    assert_eq!(spans[1], r#"span step<run {"attempt": "1", "executor": "outside", "path": "outside", "run_id": "r"}"#);
    let attempts: Vec<_> = spans.iter().filter(|span| span.contains(r#""path": "fails""#)).collect();
    assert_eq!(attempts.len(), 2, "one for each attempt: {spans:?}");
    assert!(attempts[1].contains(r#""attempt": "2""#));
    assert!(spans.iter().any(|span| span.contains(r#""path": "both/again""#)));
    // What the step says stands in its span, in a task too.
    assert_eq!(lines.of("INFO step<run").len(), 3, "{:?}", lines.of("INFO"));
    assert!(lines.of("DEBUG").is_empty());
}

#[tokio::test(start_paused = true)]
async fn debug_shows_values_attempts_and_failures_cut_at_a_kilobyte() {
    let (lines, _guard) = subscribed(Level::DEBUG);
    let wf = Traced::new();
    wf.run("quiet").await.expect("completes");
    assert!(lines.of("DEBUG").iter().all(|line| !line.contains("step completed")), "only who asks for it");
    wf.run("loud").run_id("r").debug().await.expect("completes");
    let debug = lines.of("DEBUG");
    let of = |path: &str| debug.iter().filter(|line| line.contains(&format!("\"path\": {path:?}"))).collect::<Vec<_>>();
    assert!(of("outside")[0].contains("loud") && of("outside")[0].contains("step completed"), "{debug:?}");
    let big = of("big")[0];
    assert!(big.contains("ää…"), "{big}");
    let content = big.chars().filter(|letter| *letter == 'ä').count();
    assert_eq!(content, 511, "1024 bytes, with the quote before it, and no half letter");
    assert_eq!(of("fails").len(), 2);
    assert!(of("fails")[0].contains("is tried again") && of("fails")[1].contains("step failed"), "{:?}", of("fails"));
    assert!(of("both/again").len() == 1);
}

#[tokio::test]
async fn a_run_in_the_background_has_its_span() {
    let (lines, _guard) = subscribed(Level::INFO);
    let handle = Traced::new().run("a").run_id("r").background().await.expect("begins");
    tokio::task::yield_now().await;
    handle.cancel().await.ok();
    assert!(lines.of("span run")[0].contains(r#""run_id": "r""#));
}

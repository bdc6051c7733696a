//! Spans for runs and nodes, and what `.debug()` says.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Mutex, Once},
};

use agno::prelude::*;
use tracing::{
    Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    prelude::*,
    registry::{LookupSpan, Scope},
};

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

/// Keeps spans and events as lines, by run. There is one subscriber for the whole program: one for each thread would race with the runs of other
/// tests for the callsites' interest, which is cached.
struct Keep;

static LINES: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

/// The run that a span stands in.
struct RunId(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

fn keep<S: Subscriber + for<'s> LookupSpan<'s>>(scope: Option<Scope<'_, S>>, what: &str, fields: &Fields) {
    let spans: Vec<_> = scope.into_iter().flatten().collect();
    let run_id = spans.last().and_then(|run| run.extensions().get::<RunId>().map(|run| run.0.clone()));
    if let Some(run_id) = run_id.filter(|run_id| run_id.starts_with("traced")) {
        let names: Vec<_> = spans.iter().map(|span| span.name()).collect();
        LINES.lock().expect("is not poisoned").push((run_id, format!("{what} {} {:?}", names.join("<"), fields.0)));
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Keep {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(span), Some(run_id)) = (context.span(id), fields.0.get("run_id")) {
            span.extensions_mut().insert(RunId(run_id.clone()));
        }
        keep(context.span_scope(id), "span", &fields);
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        keep(context.event_scope(event), event.metadata().level().as_str(), &fields);
    }
}

fn subscribe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(Keep).try_init().expect("is the first"));
}

fn of(run_id: &str, start: &str) -> Vec<String> {
    let lines = LINES.lock().expect("is not poisoned");
    lines.iter().filter(|(id, line)| id == run_id && line.starts_with(start)).map(|(_, line)| line.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn runs_and_steps_have_spans() {
    subscribe();
    Traced::new().run("a").run_id("traced-1").session("s").await.expect("completes");
    let spans = of("traced-1", "span");
    assert_eq!(spans[0], r#"span run {"run_id": "traced-1", "session_id": "s", "workflow": "Traced"}"#);
    assert_eq!(spans[1], r#"span step<run {"attempt": "1", "executor": "outside", "path": "outside", "run_id": "traced-1"}"#);
    let attempts: Vec<_> = spans.iter().filter(|span| span.contains(r#""path": "fails""#)).collect();
    assert_eq!(attempts.len(), 2, "one for each attempt: {spans:?}");
    assert!(attempts[1].contains(r#""attempt": "2""#));
    assert!(spans.iter().any(|span| span.contains(r#""path": "both/again""#)));
    // What the step says stands in its span, in a task too.
    assert_eq!(of("traced-1", "INFO step<run").len(), 3, "{:?}", of("traced-1", "INFO"));
    assert!(of("traced-1", "DEBUG").is_empty(), "only who asks for it");
}

#[tokio::test(start_paused = true)]
async fn debug_shows_values_attempts_and_failures_cut_at_a_kilobyte() {
    subscribe();
    Traced::new().run("loud").run_id("traced-2").debug().await.expect("completes");
    let debug = of("traced-2", "DEBUG");
    let at = |path: &str| debug.iter().filter(|line| line.contains(&format!("\"path\": {path:?}"))).collect::<Vec<_>>();
    assert!(at("outside")[0].contains("loud") && at("outside")[0].contains("step completed"), "{debug:?}");
    let big = at("big")[0];
    assert!(big.contains("ää…"), "{big}");
    let content = big.chars().filter(|letter| *letter == 'ä').count();
    assert_eq!(content, 511, "1024 bytes, with the quote before it, and no half letter");
    assert_eq!(at("fails").len(), 2);
    assert!(at("fails")[0].contains("is tried again") && at("fails")[1].contains("step failed"), "{:?}", at("fails"));
    assert_eq!(at("both/again").len(), 1);
}

#[tokio::test]
async fn a_run_in_the_background_has_its_span() {
    subscribe();
    let handle = Traced::new().run("a").run_id("traced-3").background().await.expect("begins");
    tokio::task::yield_now().await;
    handle.cancel().await.ok();
    assert!(of("traced-3", "span run")[0].contains(r#""run_id": "traced-3""#));
}

//! What this process says by `tracing` at the level `warn`.

use std::{
    fmt::{Debug, Write as _},
    sync::{Mutex, Once},
};

use tokio::sync::Notify;
use tracing::{
    Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

static MORE: Notify = Notify::const_new();

/// Keeps warnings as lines. One subscriber for the whole program, since callsites are cached for all threads.
struct Keep;

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).expect("a text takes everything");
    }
}

impl<S: Subscriber> Layer<S> for Keep {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::WARN {
            let mut line = Line::default();
            event.record(&mut line);
            LINES.lock().expect("is not poisoned").push(line.0);
            MORE.notify_waiters();
        }
    }
}

/// From now on warnings are kept.
pub(crate) fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing_subscriber::registry().with(Keep).try_init().expect("is the first"));
}

/// The warnings about a run, which has an id that no other test uses.
pub(crate) fn about(run_id: &str) -> Vec<String> {
    let lines = LINES.lock().expect("is not poisoned");
    lines.iter().filter(|line| line.contains(&format!("run_id={run_id:?}"))).cloned().collect()
}

/// Waits for a warning about a run.
pub(crate) async fn come(run_id: &str) -> String {
    loop {
        let more = MORE.notified();
        if let Some(line) = about(run_id).pop() {
            return line;
        }
        more.await;
    }
}

//! Running workflows, as users do it: what comes out, what is seen meanwhile, what is left behind.

#[path = "running/probe.rs"]
mod probe;
mod support;

#[path = "running/answer.rs"]
mod answer;
#[path = "running/background.rs"]
mod background;
#[path = "running/begun.rs"]
mod begun;
#[path = "running/blocking.rs"]
mod blocking;
#[path = "running/cancel/mod.rs"]
mod cancel;
#[path = "running/children.rs"]
mod children;
#[path = "running/context.rs"]
mod context;
#[path = "running/dropped.rs"]
mod dropped;
#[path = "running/errors.rs"]
mod errors;
#[path = "running/events.rs"]
mod events;
#[path = "running/history.rs"]
mod history;
#[path = "running/input.rs"]
mod input;
#[path = "running/media.rs"]
mod media;
#[path = "running/plan.rs"]
mod plan;
#[path = "running/questions.rs"]
mod questions;
#[path = "running/resume/mod.rs"]
mod resume;
#[path = "running/run.rs"]
mod run;
#[path = "running/send.rs"]
mod send;
#[path = "running/sessions.rs"]
mod sessions;
#[path = "running/stores.rs"]
mod stores;
#[path = "running/stream.rs"]
mod stream;
#[path = "running/tracing.rs"]
mod tracing;

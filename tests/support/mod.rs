//! What the tests share.

#![allow(dead_code, reason = "each test binary uses its own part")]

use agno::prelude::*;
use agno::testing::grammar::{self, Extent};
use futures_util::StreamExt as _;

/// Reads a stream to its end, and checks that it is a sentence of the grammar: whole, or so far.
pub(crate) async fn events(stream: impl futures_util::Stream<Item = agno::Result<Event>>) -> Vec<Event> {
    let events: Vec<Event> = stream.map(|event| event.expect("the run begins")).collect().await;
    let extent = if events.last().is_some_and(Event::is_terminal) { Extent::Whole } else { Extent::SoFar };
    if events.first().is_some_and(|event| matches!(event.kind, EventKind::WorkflowStarted { .. })) {
        grammar::check(&events, extent).unwrap_or_else(|error| panic!("{error}"));
    }
    events
}

/// The events as lines `Name path`, for a readable comparison.
pub(crate) fn lines(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| format!("{} {}", event.name(), event.path).trim_end().to_owned()).collect()
}

/// The paths of the results, in order.
pub(crate) fn paths(steps: &agno::Steps) -> Vec<String> {
    steps.iter().map(agno::StepResult::path).collect()
}

//! Events of a run that another process works on.

use agno::{
    Event, EventName,
    testing::{grammar, grammar::Extent},
};
use agno_durable::ordering::{Ordering, SHIPPED, ordering};
use futures_util::StreamExt as _;

use crate::support::{Place, beside, on_each_store, soon};

on_each_store! {
    events_are_read_while_a_run_goes_on_and_after_it
    events_go_on_where_a_dead_process_left_them
}

/// All events from a number on, until there come no more.
async fn read(workflow: &Ordering, run_id: &str, from: u64) -> Vec<Event> {
    let events = workflow.events(run_id, from).await.expect("they are kept");
    soon(events.map(|event| (*event).clone()).collect()).await
}

/// Whether two readers have seen the same.
#[track_caller]
fn assert_same(some: &[Event], others: &[Event]) {
    let written = |events: &[Event]| serde_json::to_value(events).expect("they are written");
    assert_eq!(written(some), written(others));
}

fn check_numbers(events: &[Event], from: u64) {
    let numbers: Vec<u64> = events.iter().map(|event| event.sequence).collect();
    assert!(numbers.iter().copied().eq(from..from + numbers.len() as u64), "from {from}: {numbers:?}");
}

async fn events_are_read_while_a_run_goes_on_and_after_it(place: Place) {
    let id = &*place.id("a");
    let mut player = place.gated(&["background", id]);
    let workflow = ordering(place.open().await);
    // Readers that come at different times, and want to know from different numbers on.
    let mut readers = Vec::new();
    loop {
        let line = player.says().await.expect("it goes on");
        if line == "paused sure" {
            break;
        }
        for from in [0, 3, 7] {
            if workflow.get_run(id).await.expect("it answers").is_some() {
                let (reader, id) = (ordering(place.open().await), id.to_owned());
                readers.push((from, beside(async move { read(&reader, &id, from).await })));
            }
        }
        if line.starts_with("at ") {
            player.go().await;
        }
    }
    assert!(readers.len() >= 9, "{}", readers.len());
    let whole = read(&workflow, id, 0).await;
    check_numbers(&whole, 0);
    assert_eq!(whole.last().map(Event::name), Some(EventName::WorkflowPaused));
    for (from, reader) in readers {
        let events = reader.await.expect("no panic");
        assert_same(&events, &whole[from as usize..]);
    }
    player.ends().await;

    // The next leg is another process's. Who looks on sees it from its first event on.
    let (last, before) = (whole.len() as u64, whole);
    let run = soon(workflow.answer_json(id, "sure", true)).await.expect("it goes on");
    assert_eq!(*run.content, SHIPPED);
    let reader = ordering(place.open().await);
    let (whole, rest) = (read(&reader, id, 0).await, read(&reader, id, last).await);
    assert_same(&whole, &[before, rest].concat());
    check_numbers(&whole, 0);
    grammar::check(&whole, Extent::Whole).expect("they are a run's");
    assert!(read(&reader, id, whole.len() as u64).await.is_empty(), "there are no more");
}

async fn events_go_on_where_a_dead_process_left_them(place: Place) {
    let id = &*place.id("a");
    let mut player = place.gated(&["background", id]);
    player.until("book").await;
    let workflow = ordering(place.open().await);
    let reader = {
        let (workflow, id) = (ordering(place.open().await), id.to_owned());
        beside(async move { read(&workflow, &id, 0).await })
    };
    player.kill().await;
    // Its events end when the reader sees that nobody writes any: those that it has are the beginning of the rest.
    let cut = reader.await.expect("no panic");
    check_numbers(&cut, 0);
    assert!(!cut.is_empty() && !cut.iter().any(Event::ends_leg), "{cut:?}");
    assert_eq!(place.player("recover", id).ends().await, format!("recovered {id} paused sure"));
    let run = soon(workflow.answer_json(id, "sure", true)).await.expect("it goes on");
    assert_eq!(*run.content, SHIPPED);
    let (whole, rest) = (read(&workflow, id, 0).await, read(&workflow, id, cut.len() as u64).await);
    assert_same(&whole, &[cut, rest].concat());
    check_numbers(&whole, 0);
    grammar::check(&whole, Extent::Whole).expect("they are a run's");
}

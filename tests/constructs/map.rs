//! `map`: an adapter, whose value is a record.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use agno::{StepErrorKind, prelude::*};
use serde_json::{Value, json};

use crate::{completed, ends, kind_at, paused, support::paths, told};

#[step]
fn double(n: &u32) -> u32 {
    n * 2
}

#[step]
fn text(n: &u32) -> String {
    format!("<{n}>")
}

workflow! {
    Maps(n: u32) -> String {
        map |n| n + 1;
        parallel both { double; text; map as third |n| *n > 1; }
        map as three |n, text, big| (*n, text.len(), *big);
        map as one |(n, length, big): &(u32, usize, bool)| if *big { *n } else { *length as u32 };
        map as outer |one| format!("{one} {} {map} {}", both.text, three.1);
    }
}

#[tokio::test]
async fn a_map_gets_what_a_step_would() {
    let (lines, came) = told(Maps::new().run(1_u32)).await;
    let run = completed(came);
    assert_eq!(*run.content, "4 <2> 2 3");
    assert_eq!(paths(&run.steps), ["map", "both/double", "both/text", "both/third", "both", "three", "one", "outer"]);
    assert_eq!(lines[1..3], ["StepStarted map", "StepCompleted map"]);
    assert_eq!(run.steps.at("three").expect("ran").content().expect("writes"), Some(json!([4, 3, true])));
    assert_eq!(run.steps[0].executor(), "map");
}

workflow! {
    Any(n: u32) -> Value {
        map as object |n| json!({ "n": n, "list": [1, 2] });
        map as tree |object| BTreeMap::from([("a".to_owned(), object["n"].clone())]);
        map as unit |_| ();
        map as block |_| { let mut words = Vec::new(); for (key, value) in tree { words.push(format!("{key}={value}")); } words };
        map as last |words| json!({ "words": words, "list": object["list"] });
    }
}

#[tokio::test]
async fn json_maps_and_blocks_are_values() {
    assert_eq!(*Any::new().run(5_u32).await.expect("runs").content, json!({ "words": ["a=5"], "list": [1, 2] }));
}

static MAPPED: AtomicU32 = AtomicU32::new(0);

workflow! { Once(n: u32) -> u32 { map |n| { MAPPED.fetch_add(1, SeqCst); n + 1 }; ask more: u32 = "More?"; map as sum |more| more + map; } }

#[tokio::test]
async fn a_recorded_map_does_not_run_again() {
    let workflow = Once::new();
    let waits = paused(workflow.run(1_u32).outcome().await);
    let run = completed(workflow.answer(waits.run_id(), "more", 10_u32).outcome().await);
    assert_eq!((*run.content, MAPPED.load(SeqCst)), (12, 1));
}

workflow! { Panics(n: u32) -> u32 { map as checked |n| 10 / n; } }

workflow! { Tolerates(n: u32) -> u32 {
    map as skipped |n| 10 / n with (on_error = skip, label = "Ten parts");
    map as none |n| 10 / n with (on_error = none);
    map |none| none.unwrap_or(7) + skipped;
} }

#[tokio::test]
async fn a_panic_is_its_failure() {
    let (lines, came) = told(Panics::new().run(0_u32)).await;
    assert_eq!(kind_at(came), (StepErrorKind::Panic, "checked".to_owned()));
    assert_eq!(lines[1..], ["StepStarted checked", "StepError checked", "WorkflowError"]);
    let run = Tolerates::new().run(0_u32).await.expect("runs");
    assert_eq!(*run.content, 7);
    let divided = "attempt to divide by zero";
    assert_eq!(ends(&run.steps), [format!("skipped: skipped, {divided}"), format!("none: failed, {divided}"), "map".to_owned()]);
    assert_eq!(run.steps[0].label(), "Ten parts");
    assert_eq!(*Tolerates::new().run(5_u32).await.expect("runs").content, 7);
}

fn named(n: &u32) -> u32 {
    n + 100
}

workflow! { Inside(n: u32) -> Vec<u32> {
    loop grow (max = 2) { map |n| n + 1; }
    condition yes (|_| true) { map |n| named(n); }
    router way (|_| 0_u8) { _ => map |n| n * 2 }
    map as list |n| vec![*n, way + 1];
    each all |item| { map |n| n + item; }
} }

#[tokio::test]
async fn a_map_stands_anywhere() {
    let run = Inside::new().run(1_u32).await.expect("runs");
    assert_eq!(*run.content, [412, 414]);
    assert!(paths(&run.steps).contains(&"all[1]/map".to_owned()));
}

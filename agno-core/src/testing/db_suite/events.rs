use serde_json::{Value, json};

use super::{
    Opened,
    rows::{begun, change, event, run},
};
use crate::{
    db::rows::Commit,
    event::{Event, EventKind},
};

pub(super) async fn are_read_from_a_number_on(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    begun(&*db, run("b")).await;
    // Numbers of kinds that are not stored are missing.
    for numbers in [0..3, 5..6, 9..210] {
        let events = numbers.map(|n| event("a", n, EventKind::WorkflowContinued {})).collect();
        db.commit(Commit { events, ..change("a") }).await.unwrap();
    }
    db.commit(Commit { events: vec![event("b", 1, EventKind::WorkflowContinued {})], ..change("b") }).await.unwrap();
    let numbers =
        async |from, limit| -> Vec<u64> { db.events("a", from, limit).await.unwrap().iter().map(|event| event.sequence).collect() };
    assert_eq!(numbers(0, 4).await, [0, 1, 2, 5]);
    assert_eq!(numbers(3, 2).await, [5, 9]);
    assert_eq!(numbers(209, 10).await, [209]);
    assert!(numbers(210, 10).await.is_empty());
    assert!(numbers(0, 0).await.is_empty());
    assert_eq!(numbers(0, usize::MAX).await.len(), 205);
}

pub(super) async fn are_read_as_they_were_written(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let kinds = [
        EventKind::WorkflowStarted { depth: 0, name: "Digest".to_owned() },
        EventKind::StepStarted { executor: "fetch".to_owned(), label: Some("Größe 名".to_owned()) },
        EventKind::StepCompleted { attempts: 2, duration: 0.125, content: json!({ "deep": [1, null, "\u{0}"] }) },
        EventKind::CustomEvent { name: "own".to_owned(), value: json!({ "event": "StepStarted", "path": "mine", "at": 1 }) },
        EventKind::WorkflowCompleted { depth: 0, content: Value::Null },
    ];
    let mut events: Vec<_> = (0..).zip(kinds).map(|(n, kind)| event("a", n, kind)).collect();
    let outermost = Event { path: String::new(), parent: None, ..(*events[0]).clone() };
    events[0] = outermost.into();
    db.commit(Commit { events: events.clone(), ..change("a") }).await.unwrap();
    let json = |events: Vec<_>| serde_json::to_value(events).expect("events as JSON");
    assert_eq!(json(db.events("a", 0, 10).await.unwrap()), json(events));
}

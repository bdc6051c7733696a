//! What of a run is there when its process is gone.

use agno::prelude::*;
use agno_durable::ordering::{SHIPPED, ordering};

use crate::support::{Place, on_each_store, soon, times};

on_each_store! {
    a_background_run_survives_its_process
    a_crash_loses_what_was_done_since_the_run_began_with_durability_run
    a_pause_is_kept_with_durability_run
    a_run_of_durability_none_ends_with_its_process
    a_run_is_cancelled_by_another_process
}

async fn a_background_run_survives_its_process(place: Place) {
    let id = &*place.id("a");
    let mut player = place.gated(&["background", id]);
    let mut said = vec![player.says().await, player.says().await];
    while !said.contains(&Some("recorded".to_owned())) {
        said.push(player.says().await);
    }
    let workflow = ordering(place.open().await);
    let status = workflow.get_run(id).await.expect("it answers").expect("it is recorded").status;
    assert_eq!(status, Status::Running);
    player.kill().await;
    assert_eq!(place.player("recover", id).ends().await, format!("recovered {id} paused sure"));
    let run = soon(workflow.answer_json(id, "sure", true)).await.expect("it goes on");
    assert_eq!(*run.content, SHIPPED);
    let done = place.effects(id);
    assert!(done["book"] == 1 && done["ship"] == 1 && done.values().all(|times| *times <= 2), "{done:?}");
    assert_eq!(place.player("recover", id).ends().await, "", "there is nothing left to recover");
}

async fn a_crash_loses_what_was_done_since_the_run_began_with_durability_run(place: Place) {
    let id = &*place.id("a");
    let mut player = place.gated(&["run", id, "run"]);
    player.until("book").await;
    let workflow = ordering(place.open().await);
    let stored = workflow.get_run(id).await.expect("it answers").expect("a run with an id is stored before anything runs");
    assert!(stored.steps.is_empty(), "{:?}", stored.steps);
    player.kill().await;
    assert_eq!(place.player("resume", id).ends().await, format!("completed {SHIPPED}"));
    assert_eq!(place.effects(id), times([("book", 2), ("quote/price", 2), ("quote/weigh", 2), ("ship", 1)]));
    let stored = workflow.get_run(id).await.expect("it answers").expect("it is there");
    assert_eq!(stored.state, Some(serde_json::json!({ "booked": [48] })), "a state that was not stored is not changed");
}

async fn a_pause_is_kept_with_durability_run(place: Place) {
    let id = &*place.id("a");
    assert_eq!(place.gated(&["begin", id, "run"]).ends().await, "paused sure");
    let mut player = place.gated(&["resume", id, "run"]);
    player.until("ship").await;
    player.kill().await;
    // And so is an attempt that must not be repeated.
    assert_eq!(place.gated(&["resume", id, "run"]).ends().await, "paused ship/error");
    assert_eq!(place.effects(id), times([("book", 1), ("quote/price", 1), ("quote/weigh", 1), ("ship", 1)]));
}

async fn a_run_of_durability_none_ends_with_its_process(place: Place) {
    let id = &*place.id("a");
    let mut player = place.gated(&["run", id, "none"]);
    player.until("book").await;
    let workflow = ordering(place.open().await);
    assert!(workflow.get_run(id).await.expect("it answers").is_none());
    player.kill().await;
    assert!(matches!(workflow.resume(id).await, Err(RunError::NotFound { .. })));
    assert_eq!(place.player("recover", id).ends().await, "");
    assert_eq!(place.effects(id), times([("book", 1), ("quote/price", 1), ("quote/weigh", 1)]));
    assert!(workflow.sessions().get(id).await.expect("it answers").is_none(), "nor is its session there");
}

async fn a_run_is_cancelled_by_another_process(place: Place) {
    let id = &*place.id("a");
    let mut player = place.gated(&["run", id]);
    player.until("book").await;
    let (told, said) = tokio::join!(place.player("cancel", id).ends(), player.says());
    assert_eq!((&*told, said.as_deref()), ("told", Some("cancelled")));
    assert_eq!(place.effects(id), times([("book", 1), ("quote/price", 1), ("quote/weigh", 1)]));
    let workflow = ordering(place.open().await);
    let stored = workflow.get_run(id).await.expect("it answers").expect("it is there");
    let state = Some(serde_json::json!({ "booked": [] }));
    assert_eq!((stored.status, stored.state), (Status::Cancelled, state), "what was at work has changed nothing");
    assert!(matches!(workflow.resume(id).await, Err(RunError::Cancelled { .. })));
    assert_eq!(place.player("cancel", id).ends().await, "told", "to cancel it once more changes nothing");
    assert_eq!(place.player("recover", id).ends().await, "");

    // One that waits is nobody's, and one that has ended cannot be cancelled.
    assert_eq!(place.player("begin", "b").ends().await, "paused sure");
    assert_eq!(place.player("cancel", "b").ends().await, "told");
    assert!(matches!(workflow.answer_json("b", "sure", true).await, Err(RunError::UnknownQuestion { .. } | RunError::Cancelled { .. })));
    assert_eq!(place.player("run", "c").ends().await, format!("completed {SHIPPED}"));
    let refused = place.player("cancel", "c").ends().await;
    assert!(refused.contains("cannot be cancelled"), "{refused}");
}

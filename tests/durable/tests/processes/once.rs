//! Attempts of a step that must not be repeated, and that a crash has cut.

use agno::prelude::*;
use agno_durable::ordering::{SHIPPED, ordering};

use crate::support::{Place, on_each_store, soon};

on_each_store! {
    a_person_is_asked_and_nothing_is_repeated
}

async fn a_person_is_asked_and_nothing_is_repeated(place: Place) {
    for decision in ["retry", "fail"] {
        let run_id = &*place.id(decision);
        let mut player = place.gated(&["run", run_id]);
        player.until("ship").await;
        player.kill().await;
        for what in ["resume", "recover", "resume"] {
            let said = place.player(what, run_id).ends().await;
            assert!(said.ends_with("paused ship/error") || (what == "recover" && said.is_empty()), "{what}: {said}");
            assert_eq!(place.effects(run_id)["ship"], 1, "after `{what}`");
        }
        let workflow = ordering(place.open().await);
        let stored = workflow.get_run(run_id).await.expect("it answers").expect("it is there");
        let [question] = &stored.questions[..] else { panic!("{:?}", stored.questions) };
        assert!(question.text.contains("ship"), "{}", question.text);
        let out = soon(workflow.answer_json(run_id, "ship/error", decision)).await;
        match (decision, out) {
            ("retry", Ok(run)) => assert_eq!(*run.content, SHIPPED),
            ("fail", Err(RunError::Failed { path, .. })) => assert_eq!(path, "ship"),
            (_, other) => panic!("{decision}: {other:?}"),
        }
        assert_eq!(place.effects(run_id)["ship"], if decision == "retry" { 2 } else { 1 });
        assert!(place.effects(run_id).iter().all(|(path, times)| path == "ship" || *times == 1), "what was recorded does not run again");
    }
}

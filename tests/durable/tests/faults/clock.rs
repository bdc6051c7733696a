//! A clock that is set back. To a store that is as if all times in it lay in the future, so that is where they are put.

use agno::prelude::*;
use agno_durable::ordering::{SHIPPED, ordering};
use futures_util::StreamExt as _;

use crate::support::{Place, on_each_store, raw::Raw, soon};

on_each_store! {
    a_sleep_lasts_no_longer_than_it_says
    a_question_is_answered_before_it_was_asked
    the_dead_are_known_by_their_locks
}

/// Sets the clock back by a hundred years, as the store sees it.
async fn set_back(raw: &mut Raw) {
    const YEARS: u64 = 100 * 31_536_000_000_000_000;
    raw.run(&format!("UPDATE runs SET created_at = created_at + {YEARS}, updated_at = updated_at + {YEARS}, due_at = due_at + {YEARS}"))
        .await;
    raw.run(&format!("UPDATE sessions SET created_at = created_at + {YEARS}")).await;
    raw.run(&format!("UPDATE owners SET lease_until = lease_until + {YEARS}")).await;
    // The end of a sleep, and that of a question.
    raw.run("UPDATE records SET about = '{\"at\": \"2126-01-01T00:00:00Z\"}' WHERE kind = 3").await;
}

#[step]
fn before(text: &str) -> String {
    format!("{text} before")
}

#[step]
fn after(text: &str) -> String {
    format!("{text} and after")
}

workflow! {
    Napping(text: String) -> String {
        before;
        sleep as nap "500ms";
        after(before);
    }
}

workflow! {
    Asking(text: String) -> bool {
        ask sure: bool = "Sure?" with (timeout = "1h", default = false);
    }
}

async fn a_sleep_lasts_no_longer_than_it_says(place: Place) {
    let workflow = Napping::builder().db(place.open().await).build();
    let mut stream = workflow.run("a").run_id("a").store_events(true).stream();
    while let Some(event) = soon(stream.next()).await {
        // The event comes when it is stored, and with it, until when it sleeps.
        if event.expect("nothing is wrong").path == "nap" {
            break;
        }
    }
    drop(stream);
    set_back(&mut place.raw().await).await;
    let run = soon(workflow.resume("a")).await.expect("it wakes");
    assert_eq!(*run.content, "a before and after");
}

async fn a_question_is_answered_before_it_was_asked(place: Place) {
    let workflow = Asking::builder().db(place.open().await).build();
    let outcome = soon(workflow.run("a").run_id("a").outcome()).await;
    assert!(matches!(outcome, Ok(Outcome::Paused(_))), "{outcome:?}");
    set_back(&mut place.raw().await).await;
    let outcome = soon(workflow.resume("a").outcome()).await;
    assert!(matches!(outcome, Ok(Outcome::Paused(_))), "{outcome:?}");
    assert!(workflow.recover().await.expect("it answers").is_empty());
    assert!(*soon(workflow.answer_json("a", "sure", true)).await.expect("it is open").content);
}

async fn the_dead_are_known_by_their_locks(place: Place) {
    let id = &*place.id("dead");
    let mut player = place.gated(&["run", id]);
    player.until("book").await;
    player.kill().await;
    set_back(&mut place.raw().await).await;
    assert_eq!(place.player("recover", id).ends().await, format!("recovered {id} paused sure"));
    let run = soon(ordering(place.open().await).answer_json(id, "sure", true)).await.expect("it goes on");
    assert_eq!(*run.content, SHIPPED);
}

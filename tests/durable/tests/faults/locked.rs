//! A file that another program has locked for a while.

use std::time::Duration;

use agno::{DbError, SqliteDb, prelude::*};
use agno_durable::everything;
use futures_util::FutureExt as _;

use crate::{
    support::{Place, soon},
    whole::{check_ended, check_goes_on, rest, run, run_until, store_error},
};

#[tokio::test]
async fn a_lock_is_waited_for() {
    let place = Place::file();
    let workflow = everything(place.open().await);
    let mut raw = place.raw().await;
    raw.run("BEGIN IMMEDIATE").await;
    let run_id = place.id("waits");
    let mut running = Box::pin(run(&workflow, &run_id));
    for _ in 0..1000 {
        assert!(running.as_mut().now_or_never().is_none(), "it cannot have written anything");
        tokio::task::yield_now().await;
    }
    assert!(place.effects(&run_id).is_empty(), "nothing runs before the run is stored");
    raw.run("COMMIT").await;
    let outcome = soon(running).await;
    let Ok(Outcome::Completed(output)) = outcome else { panic!("{outcome:?}") };
    check_ended(&run_id, &output.content).await;
}

#[tokio::test]
async fn a_lock_that_does_not_go_is_an_error_and_nothing_is_lost() {
    let place = Place::file();
    let db = SqliteDb::options().busy_timeout(Duration::from_millis(20)).open(&place.address).await.expect("it opens");
    let workflow = everything(db);
    let mut raw = place.raw().await;
    let mut refused = 0;
    for events in (0..).step_by(5) {
        let run_id = place.id(&format!("locked-{events}"));
        let Some(stream) = run_until(&workflow, &run_id, events).await else { break };
        raw.run("BEGIN IMMEDIATE").await;
        match store_error(rest(stream).await) {
            Some(error @ DbError::Unavailable { .. }) => {
                assert!(error.is_transient());
                refused += 1;
            }
            // There was nothing left to write but what was under way.
            None => {}
            other => panic!("after {events} events: {other:?}"),
        }
        raw.run("COMMIT").await;
        check_goes_on(&workflow, &run_id).await;
    }
    assert!(refused > 5, "{refused} runs found a lock");
}

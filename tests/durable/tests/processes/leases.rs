//! Runs that another machine works on. It is a process of this one, whose row says that it is elsewhere.

use std::time::{Duration, SystemTime};

use agno::prelude::*;
use agno_durable::ordering::{SHIPPED, ordering, yes};

use crate::{
    support::{Place, beside, on_each_store, player::Player, raw::Raw, soon, times},
    warnings,
};

on_each_store! {
    a_lease_is_waited_for
    a_run_is_taken_over_at_once
    whoever_lost_a_run_stops_at_its_next_write
}

/// When a lease ends.
#[derive(Clone, Copy)]
enum Until {
    Long,
    Over,
}

/// Sets the lease of the other machine.
async fn lease(raw: &mut Raw, until: Until) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    let until = match until {
        Until::Long => now + Duration::from_secs(3600),
        Until::Over => now - Duration::from_secs(1),
    };
    raw.run(&format!("UPDATE owners SET lease_until = {} WHERE machine = 'elsewhere'", until.as_nanos())).await;
}

/// A process of another machine that stands still in the middle of the run.
async fn elsewhere(place: &Place, run_id: &str) -> Player {
    let mut player = place.gated(&["run", run_id]);
    player.until("book").await;
    let mut raw = place.raw().await;
    let moved = format!("UPDATE owners SET machine = 'elsewhere' WHERE id = (SELECT owner FROM runs WHERE run_id = '{run_id}')");
    assert_eq!(raw.run(&moved).await, 1, "somebody owns it");
    lease(&mut raw, Until::Long).await;
    player
}

async fn a_lease_is_waited_for(place: Place) {
    warnings::keep();
    let run_id = place.id("waited");
    let player = elsewhere(&place, &run_id).await;
    let workflow = ordering(place.open().await);
    assert!(workflow.recover().await.expect("it answers").is_empty(), "such a run is left alone");
    let handle = workflow.resume(&run_id).background().await.expect("it waits in the background");
    let waits = {
        let (workflow, run_id) = (ordering(place.open().await), run_id.clone());
        beside(async move { yes().run(workflow.resume(&run_id)).await })
    };
    let warning = soon(warnings::come(&run_id)).await;
    assert!(warning.contains("another machine owns the run; waiting"), "{warning}");
    assert_eq!(handle.status().await.expect("it is there"), Status::Running);
    assert!(!waits.is_finished());
    assert_eq!(place.effects(&run_id), times([("book", 1), ("quote/price", 1), ("quote/weigh", 1)]), "nobody has done anything meanwhile");

    let (mut raw, mut nudges) = (place.raw().await, 0);
    let outcome = soon(async {
        // The owner lives, and renews its lease now and then: that may fall between these two.
        while !waits.is_finished() {
            lease(&mut raw, Until::Over).await;
            // A lease that runs out is no change. Who waits looks now and then, and when something changes.
            workflow.sessions().create(format!("nudge-{nudges}")).await.expect("it answers");
            nudges += 1;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        waits.await.expect("no panic")
    })
    .await;
    // Both waited; whoever was quicker took it on as far as the question, which one of them answers.
    let Ok(Outcome::Completed(run)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(*run.content, SHIPPED);
    assert_eq!(*soon(handle.wait()).await.expect("it has ended").content, SHIPPED);
    let done = times([("book", 2), ("quote/price", 1), ("quote/weigh", 1), ("ship", 1)]);
    assert_eq!(place.effects(&run_id), done, "what was at work then runs again");
    assert_eq!(player.ends().await, "lease lost");
    assert_eq!(place.effects(&run_id), done, "it has stopped");
    let stored = workflow.get_run(&run_id).await.expect("it answers").expect("it is there");
    assert_eq!(stored.state, Some(serde_json::json!({ "booked": [48] })), "what was not recorded has changed nothing");
}

async fn a_run_is_taken_over_at_once(place: Place) {
    warnings::keep();
    let run_id = place.id("taken");
    let player = elsewhere(&place, &run_id).await;
    let workflow = ordering(place.open().await);
    let outcome = soon(yes().run(workflow.resume(&run_id).take_over())).await;
    let Ok(Outcome::Completed(run)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(*run.content, SHIPPED);
    assert_eq!(warnings::about(&run_id), [""; 0], "nothing was waited for");
    let done = times([("book", 2), ("quote/price", 1), ("quote/weigh", 1), ("ship", 1)]);
    assert_eq!(place.effects(&run_id), done);
    assert_eq!(player.ends().await, "lease lost");
    assert_eq!(place.effects(&run_id), done, "it has stopped");
}

/// It does not matter whose machine it is, nor where it stands: in a step, or before one that must not run twice.
async fn whoever_lost_a_run_stops_at_its_next_write(place: Place) {
    for (index, step) in ["quote/weigh", "quote/price", "book", "ship"].into_iter().enumerate() {
        let run_id = place.id(&format!("lost-{index}"));
        let mut player = place.gated(&["run", &run_id]);
        player.until(step).await;
        let workflow = ordering(place.open().await);
        let outcome = soon(yes().run(workflow.resume(&run_id).take_over())).await;
        match outcome {
            Ok(Outcome::Completed(run)) => assert_eq!(*run.content, SHIPPED, "taken from {step}"),
            // Whether it was shipped only the one knows from whom the run was taken.
            Ok(Outcome::Paused(paused)) if step == "ship" => assert_eq!(paused.questions()[0].path, "ship/error"),
            other => panic!("taken from {step}: {other:?}"),
        }
        let done = place.effects(&run_id);
        let again = done.values().sum::<usize>() - done.len();
        assert!(again <= 2 && done["ship"] == 1, "taken from {step}: {done:?}");
        assert_eq!(player.ends().await, "lease lost", "taken from {step}");
        assert_eq!(place.effects(&run_id), done, "taken from {step}: it has stopped");
    }
}

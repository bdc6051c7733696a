use futures_util::FutureExt as _;

use super::{
    Opened, eventually,
    rows::{FENCE, begin, begun, change, node, record, run, stand, standing, state, write},
};
use crate::{
    db::{
        Db, DbError, Stored,
        rows::{Claim, Commit, RecordKind, RunFilter},
    },
    workflow::Status,
};

const HELD: Claim = Claim::Held { until: None };

async fn orphans(db: &dyn Db) -> Vec<String> {
    let orphans = db.runs(RunFilter { orphaned: true, ..RunFilter::default() }).await.unwrap();
    orphans.into_iter().map(|run| run.run_id).collect()
}

pub(super) async fn a_wrong_number_is_refused(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    for (id, fence) in [("a", FENCE - 1), ("a", FENCE + 1), ("nobody's", FENCE)] {
        let refused = db.commit(Commit { fence, ..write(id, [node("write", 1)]) }).await;
        assert!(matches!(&refused, Err(DbError::LeaseLost { run_id }) if run_id == id), "{id} {fence}: {refused:?}");
    }
    assert!(db.records("a").await.unwrap().is_empty());
    // Also where the commit has no rows of its own.
    let refused = db.commit(Commit { fence: 9, ..change("a") }).await;
    assert!(matches!(refused, Err(DbError::LeaseLost { .. })), "{refused:?}");
    let refused = db.commit(Commit { fence: 9, release: true, ..change("a") }).await;
    assert!(matches!(refused, Err(DbError::LeaseLost { .. })), "{refused:?}");
    let removed = vec![("x".to_owned(), RecordKind::Node)];
    let refused = db.commit(Commit { fence: 9, removed, ..change("a") }).await;
    assert!(matches!(refused, Err(DbError::LeaseLost { .. })), "{refused:?}");
}

pub(super) async fn a_run_in_hand_is_held(Opened { db, .. }: Opened) {
    assert_eq!(db.claim("nobody's", false).await.unwrap(), Claim::Missing);
    assert_eq!(db.claim("nobody's", true).await.unwrap(), Claim::Missing);
    begun(&*db, run("a")).await;
    assert_eq!(db.claim("a", false).await.unwrap(), HELD, "this very owner runs it");
    db.commit(stand("a", standing(Status::Running))).await.unwrap();
    assert_eq!(db.claim("a", false).await.unwrap(), HELD, "it goes on");
}

pub(super) async fn letting_go_makes_room(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    db.commit(Commit { release: true, ..change("a") }).await.unwrap();
    assert_eq!(db.claim("a", false).await.unwrap(), Claim::Yours { fence: FENCE + 1 });
    assert!(db.is_owned("a").await.unwrap());
    assert_eq!(db.claim("a", false).await.unwrap(), HELD);
    let late = db.commit(write("a", [node("late", 1)])).await;
    assert!(matches!(late, Err(DbError::LeaseLost { .. })), "{late:?}");
    db.commit(Commit { fence: FENCE + 1, ..stand("a", standing(Status::Paused)) }).await.unwrap();
    assert_eq!(db.claim("a", false).await.unwrap(), Claim::Yours { fence: FENCE + 2 });
}

/// Nobody has a run who has not heard that it is his.
pub(super) async fn who_goes_away_before_he_hears_has_nothing(Opened { db, other, .. }: Opened) {
    let other = other.unwrap_or_else(|| db.clone());
    let is_free = async |id: &str| {
        // It may not even have been begun yet.
        eventually(id, async || matches!(other.claim(id, false).await.unwrap(), Claim::Yours { .. } | Claim::Missing)).await;
    };
    for polls in 0..6 {
        let (begun, claimed) = (format!("begun {polls}"), format!("claimed {polls}"));
        let heard = dropped_after(polls, db.commit(begin(run(&begun)))).await;
        if heard.is_none() {
            is_free(&begun).await;
        }
        db.commit(Commit { standing: Some(Box::new(standing(Status::Paused))), ..begin(run(&claimed)) }).await.unwrap();
        let heard = dropped_after(polls, db.claim(&claimed, false)).await;
        if heard.is_none() {
            is_free(&claimed).await;
        }
    }
}

async fn dropped_after<T>(polls: usize, mut call: Stored<'_, T>) -> Option<T> {
    for _ in 0..polls {
        if let Some(heard) = (&mut call).now_or_never() {
            return heard.ok();
        }
        tokio::task::yield_now().await;
    }
    None
}

pub(super) async fn even_if_the_store_refuses(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let states = vec![state("", Some(9), 1.into(), "a")];
    let refused = db.commit(Commit { states, ..stand("a", standing(Status::Paused)) }).await;
    assert!(matches!(refused, Err(DbError::StateConflict { .. })), "{refused:?}");
    assert!(!db.is_owned("a").await.unwrap(), "whoever wanted to let it go does not run it");
    assert_eq!(db.claim("a", false).await.unwrap(), Claim::Yours { fence: FENCE + 1 });
}

pub(super) async fn force_takes_it_from_anybody(Opened { db, other, .. }: Opened) {
    begun(&*db, run("a")).await;
    let taker = other.unwrap_or_else(|| db.clone());
    assert_eq!(taker.claim("a", true).await.unwrap(), Claim::Yours { fence: FENCE + 1 });
    let late = db.commit(write("a", [node("late", 1)])).await;
    assert!(matches!(&late, Err(DbError::LeaseLost { run_id }) if run_id == "a"), "{late:?}");
    assert!(db.records("a").await.unwrap().is_empty());
    taker.commit(Commit { fence: FENCE + 1, ..write("a", [node("in time", 1)]) }).await.unwrap();
    assert_eq!(db.records("a").await.unwrap().len(), 1);
}

pub(super) async fn another_owner_waits(Opened { db, other, .. }: Opened) {
    let Some(other) = other else { return };
    begun(&*db, run("a")).await;
    assert!(matches!(other.claim("a", false).await.unwrap(), Claim::Held { .. }));
    assert!(other.is_owned("a").await.unwrap());
    db.commit(Commit { release: true, ..change("a") }).await.unwrap();
    assert!(!other.is_owned("a").await.unwrap());
    assert_eq!(other.claim("a", false).await.unwrap(), Claim::Yours { fence: FENCE + 1 });
    assert!(db.is_owned("a").await.unwrap());
    assert!(matches!(db.claim("a", false).await.unwrap(), Claim::Held { .. }));
}

pub(super) async fn the_dead_hold_nothing(Opened { db, other, clone }: Opened) {
    let Some(other) = other else { return };
    drop(clone);
    begun(&*db, run("a")).await;
    db.commit(write("a", [node("done", 1)])).await.unwrap();
    assert!(orphans(&*other).await.is_empty());
    drop(db);
    eventually("the dropped owner's run is nobody's", async || !other.is_owned("a").await.unwrap()).await;
    assert_eq!(orphans(&*other).await, ["a"]);
    assert_eq!(other.claim("a", false).await.unwrap(), Claim::Yours { fence: FENCE + 1 });
    assert_eq!(other.records("a").await.unwrap(), [node("done", 1)]);
}

pub(super) async fn only_one_of_two_claims_wins(Opened { db, other, .. }: Opened) {
    let other = other.unwrap_or_else(|| db.clone());
    for id in ["a", "b", "c", "d"] {
        begun(&*db, run(id)).await;
        db.commit(Commit { release: true, ..change(id) }).await.unwrap();
        let (first, second) = futures_util::future::join(db.claim(id, false), other.claim(id, false)).await;
        let won = [first.unwrap(), second.unwrap()].into_iter().filter(|claim| *claim == Claim::Yours { fence: FENCE + 1 });
        assert_eq!(won.count(), 1);
    }
}

pub(super) async fn orphans_are_listed(Opened { db, other, .. }: Opened) {
    for id in ["let go", "paused", "running", "running too"] {
        begun(&*db, run(id)).await;
    }
    db.commit(Commit { release: true, ..change("let go") }).await.unwrap();
    db.commit(stand("paused", standing(Status::Paused))).await.unwrap();
    assert_eq!(orphans(&*db).await, ["let go", "paused"]);
    let first = RunFilter { orphaned: true, limit: Some(1), newest_first: true, ..RunFilter::default() };
    assert_eq!(db.runs(first).await.unwrap()[0].run_id, "paused", "a page is filled with orphans");
    if let Some(other) = other {
        assert_eq!(orphans(&*other).await, ["let go", "paused"]);
        other.claim("let go", false).await.unwrap();
        assert_eq!(orphans(&*db).await, ["paused"]);
    }
}

pub(super) async fn orphans_are_listed_in_pages(Opened { db, other, .. }: Opened) {
    let mut expected = Vec::new();
    // What is held, by this owner and by another one, stands between what is not.
    for index in 0..12 {
        let id = format!("run {index:02}");
        begun(&*db, run(&id)).await;
        if index % 3 != 0 {
            db.commit(Commit { release: true, ..change(&id) }).await.unwrap();
        }
        match (index % 3, &other) {
            (1, Some(other)) => assert_eq!(other.claim(&id, false).await.unwrap(), Claim::Yours { fence: FENCE + 1 }),
            (1 | 2, _) => expected.push(id),
            _ => {}
        }
    }
    for newest_first in [false, true] {
        for limit in 1..=9 {
            let (mut listed, mut after) = (Vec::new(), None);
            loop {
                let filter = RunFilter { orphaned: true, newest_first, after, limit: Some(limit), ..RunFilter::default() };
                let page = db.runs(filter).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some((last.created_at, last.run_id.clone()));
                assert!(page.len() <= limit);
                listed.extend(page.into_iter().map(|run| run.run_id));
            }
            assert_eq!(listed, expected, "in pages of {limit}");
        }
        expected.reverse();
    }
}

/// What one of them claims is the other's, and it stays so for as long as one of them is there.
pub(super) async fn clones_are_one_owner(Opened { db, other, clone }: Opened) {
    let Some(clone) = clone else { return };
    begun(&*db, run("a")).await;
    assert_eq!(clone.claim("a", false).await.unwrap(), HELD, "this very owner runs it");
    clone.commit(write("a", [node("by the clone", 1)])).await.unwrap();
    db.commit(write("a", [node("by the store", 2)])).await.unwrap();
    assert_eq!(clone.records("a").await.unwrap(), [node("by the clone", 1), node("by the store", 2)]);
    clone.commit(stand("a", standing(Status::Paused))).await.unwrap();
    assert_eq!(db.claim("a", false).await.unwrap(), Claim::Yours { fence: FENCE + 1 }, "the clone has let it go");
    db.request_cancel("a").await.unwrap();
    assert_eq!(clone.to_cancel().await.unwrap(), ["a"]);
    assert!(orphans(&*clone).await.is_empty());

    drop(db);
    if let Some(other) = &other {
        assert!(other.is_owned("a").await.unwrap(), "the owner is there as long as a clone is");
        assert!(matches!(other.claim("a", false).await.unwrap(), Claim::Held { .. }));
    }
    clone.commit(Commit { fence: FENCE + 1, ..write("a", [node("afterwards", 3)]) }).await.unwrap();
    assert_eq!(clone.records("a").await.unwrap().len(), 3);
    drop(clone);
    if let Some(other) = other {
        eventually("the owner goes with its last clone", async || !other.is_owned("a").await.unwrap()).await;
    }
}

pub(super) async fn cancelling_reaches_the_owner(Opened { db, other, .. }: Opened) {
    for id in ["a", "b", "c"] {
        begun(&*db, run(id)).await;
    }
    let other = other.unwrap_or_else(|| db.clone());
    other.request_cancel("b").await.unwrap();
    db.commit(Commit { release: true, ..change("c") }).await.unwrap();
    db.request_cancel("c").await.unwrap();
    assert!(db.run("b").await.unwrap().expect("the run").cancel);
    assert!(!db.run("a").await.unwrap().expect("the run").cancel);
    assert_eq!(db.to_cancel().await.unwrap(), ["b"], "those of this owner");
    // A leg that takes it on is told too.
    db.answer("c", record("x", RecordKind::Answer, 1)).await.unwrap();
    db.claim("c", false).await.unwrap();
    assert_eq!(db.to_cancel().await.unwrap(), ["b", "c"]);
}

/// Who resumes a run that has failed is not stopped by somebody who wanted it cancelled before.
pub(super) async fn a_cancel_ends_with_a_failure(Opened { db, other, .. }: Opened) {
    let other = other.unwrap_or_else(|| db.clone());
    for (id, status) in [("failed", Status::Failed), ("paused", Status::Paused), ("running", Status::Running)] {
        begun(&*db, run(id)).await;
        other.request_cancel(id).await.unwrap();
        db.commit(Commit { release: true, ..stand(id, standing(status)) }).await.unwrap();
        assert_eq!(db.run(id).await.unwrap().expect("the run").cancel, status != Status::Failed, "{id}");
    }
    // Too late: it had failed by then.
    other.request_cancel("failed").await.unwrap();
    for id in ["failed", "paused", "running"] {
        assert_eq!(db.claim(id, false).await.unwrap(), Claim::Yours { fence: FENCE + 1 });
    }
    assert_eq!(db.to_cancel().await.unwrap(), ["paused", "running"], "what waits, or was cut, can be cancelled");
}

pub(super) async fn what_has_ended_is_nobodys_to_claim(Opened { db, other, .. }: Opened) {
    let other = other.unwrap_or_else(|| db.clone());
    for (run_id, status) in [("a", Status::Completed), ("b", Status::Cancelled)] {
        begun(&*db, run(run_id)).await;
        db.commit(Commit { standing: Some(Box::new(standing(status))), ..change(run_id) }).await.unwrap();
        assert_eq!(other.claim(run_id, true).await.unwrap(), Claim::Ended);
        assert_eq!(db.run(run_id).await.unwrap().unwrap().standing.status, status);
    }
    begun(&*db, run("c")).await;
    db.commit(Commit { standing: Some(Box::new(standing(Status::Failed))), ..change("c") }).await.unwrap();
    assert_eq!(other.claim("c", false).await.unwrap(), Claim::Yours { fence: FENCE + 1 });
    assert_eq!(db.run("c").await.unwrap().unwrap().standing.status, Status::Running, "it goes on");
}

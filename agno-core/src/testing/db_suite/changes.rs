use std::time::Duration;

use tokio::{sync::watch, time::timeout};

use super::{
    Opened,
    rows::{at, begun, change, event, node, record, run, session, stand, standing, state, write},
};
use crate::{
    db::{
        Db,
        rows::{Commit, Prune, RecordKind, Standing},
    },
    event::EventKind,
    workflow::Status,
};

async fn told(changes: &mut watch::Receiver<u64>, what: &str) {
    let changed = timeout(Duration::from_secs(20), changes.changed()).await;
    assert!(matches!(changed, Ok(Ok(()))), "not told within 20 seconds: {what}");
}

pub(super) async fn are_told_here(Opened { db, .. }: Opened) {
    let mut changes = db.changes();
    begun(&*db, run("a")).await;
    told(&mut changes, "a new run").await;
    changes.mark_unchanged();
    db.commit(write("a", [node("write", 1)])).await.unwrap();
    told(&mut changes, "a record").await;
    changes.mark_unchanged();
    db.answer("a", record("review", RecordKind::Answer, 1)).await.unwrap();
    told(&mut changes, "an answer").await;
}

pub(super) async fn are_told_there(Opened { db, other, .. }: Opened) {
    let Some(other) = other else { return };
    let mut changes = other.changes();
    begun(&*db, run("a")).await;
    told(&mut changes, "a run that another owner began").await;
    // What is told can be seen.
    while other.run("a").await.unwrap().is_none() {
        told(&mut changes, "a run that another owner began").await;
    }
    for n in 0..3 {
        changes.mark_unchanged();
        db.commit(write("a", [node("counted", n)])).await.unwrap();
        while other.records("a").await.unwrap().first() != Some(&node("counted", n)) {
            told(&mut changes, "another owner's record").await;
        }
    }
}

/// Less than what passes between two renewals of a lease: then a store may tell of a change where there was none.
const SOON: Duration = Duration::from_secs(4);

/// So long nothing more comes of what was told before.
const QUIET: Duration = Duration::from_millis(20);

/// Whether `changes` tells of something as soon as it is done.
async fn tells(changes: &mut watch::Receiver<u64>, what: &str, done: impl Future<Output = ()>) {
    while timeout(QUIET, changes.changed()).await.is_ok() {}
    done.await;
    let changed = timeout(SOON, changes.changed()).await;
    assert!(matches!(changed, Ok(Ok(()))), "not told: {what}");
}

/// Does all that can be done to a store. Twice: what was told by chance the first time, since a lease was renewed just then, is not so the second time.
async fn of_each_kind(db: &dyn Db, mut changes: watch::Receiver<u64>) {
    for round in ["a", "b"] {
        let mut tells = async |what, done: futures_core::future::BoxFuture<'_, ()>| tells(&mut changes, what, done).await;
        let commit = |commit: Commit| Box::pin(async move { db.commit(commit).await.unwrap() });
        tells("a new run", Box::pin(begun(db, run(round)))).await;
        tells("an event", commit(Commit { events: vec![event(round, 0, EventKind::WorkflowContinued {})], ..change(round) })).await;
        tells("a state", commit(Commit { states: vec![state(round, Some(0), 1.into(), round)], ..change(round) })).await;
        tells("a cancel", Box::pin(async { db.request_cancel(round).await.unwrap() })).await;
        tells("where it stands", commit(stand(round, Standing { sequence: 1, ..standing(Status::Running) }))).await;
        tells("that it is let go", commit(Commit { release: true, ..change(round) })).await;
        tells("a claim", Box::pin(async { _ = db.claim(round, false).await.unwrap() })).await;
        tells("its end", commit(Commit { fence: 2, ..stand(round, Standing { updated_at: at(1), ..standing(Status::Completed) }) })).await;
        tells("a state from outside", Box::pin(async { _ = db.write_state(state(round, Some(1), 2.into(), "me")).await.unwrap() })).await;
        tells("that it is pruned", Box::pin(async { assert_eq!(db.prune(Prune::default()).await.unwrap(), 1) })).await;
        begun(db, run(round)).await;
        tells("that a run is deleted", Box::pin(async { assert!(db.delete_run(round).await.unwrap()) })).await;
        tells("a new session", Box::pin(async { assert!(db.create_session(session(round)).await.unwrap()) })).await;
        tells("its name", Box::pin(async { assert!(db.rename_session(round, "another").await.unwrap()) })).await;
        tells("that it is deleted", Box::pin(async { assert!(db.delete_session(round).await.unwrap()) })).await;
    }
}

pub(super) async fn of_each_kind_are_told_here(Opened { db, .. }: Opened) {
    let changes = db.changes();
    of_each_kind(&*db, changes).await;
}

pub(super) async fn of_each_kind_are_told_there(Opened { db, other, .. }: Opened) {
    let Some(other) = other else { return };
    let changes = other.changes();
    of_each_kind(&*db, changes).await;
}

use std::time::Duration;

use tokio::{sync::watch, time::timeout};

use super::{
    Opened,
    rows::{begun, node, record, run, write},
};
use crate::db::rows::RecordKind;

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

pub(super) async fn are_told_there(Opened { db, other }: Opened) {
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

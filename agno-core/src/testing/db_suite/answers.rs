use super::{
    Opened,
    rows::{at, begun, node, record, run, stand, standing, write},
};
use crate::{
    db::{
        DbError,
        rows::{RecordKind, RunFilter},
    },
    workflow::Status,
};

pub(super) async fn the_first_one_counts(Opened { db, other, .. }: Opened) {
    begun(&*db, run("a")).await;
    db.commit(write("a", [record("review", RecordKind::Question, "Publish?")])).await.unwrap();
    let other = other.unwrap_or_else(|| db.clone());
    assert!(other.answer("a", record("review", RecordKind::Answer, "yes")).await.unwrap(), "whoever owns the run");
    assert!(!db.answer("a", record("review", RecordKind::Answer, "no")).await.unwrap());
    assert!(db.answer("a", record("title", RecordKind::Answer, "another question")).await.unwrap());
    let records = db.records("a").await.unwrap();
    assert!(records.contains(&record("review", RecordKind::Answer, "yes")), "{records:?}");
    assert!(db.questions(RunFilter::default()).await.unwrap().is_empty(), "the question is answered");
}

pub(super) async fn wake_a_paused_run(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    db.commit(write("a", [record("review", RecordKind::Question, "Publish?"), record("title", RecordKind::Question, "Which?")]))
        .await
        .unwrap();
    db.commit(stand("a", standing(Status::Paused))).await.unwrap();
    let due = RunFilter { due: Some(at(10)), ..RunFilter::default() };
    assert!(db.runs(due.clone()).await.unwrap().is_empty());
    db.answer("a", record("review", RecordKind::Answer, "yes")).await.unwrap();
    assert_eq!(db.runs(due.clone()).await.unwrap().len(), 1, "there is an answer that no leg has seen");

    // A leg sees the answer, and pauses for the other question.
    db.claim("a", false).await.unwrap();
    let seen = crate::db::rows::Commit { fence: 2, records: vec![node("review", "yes")], ..stand("a", standing(Status::Paused)) };
    db.commit(seen).await.unwrap();
    assert!(db.runs(due.clone()).await.unwrap().is_empty(), "it has been seen");
    db.answer("a", record("title", RecordKind::Answer, "Rust")).await.unwrap();
    assert_eq!(db.runs(due).await.unwrap().len(), 1);
}

/// `parallel { ask a; work; }`: the answer comes while the leg still works, and the leg then pauses without having seen it.
pub(super) async fn are_not_lost_to_a_pause(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    db.commit(write("a", [record("review", RecordKind::Question, "Publish?")])).await.unwrap();
    let due = RunFilter { due: Some(at(10)), ..RunFilter::default() };
    db.answer("a", record("review", RecordKind::Answer, "yes")).await.unwrap();
    assert!(db.runs(due.clone()).await.unwrap().is_empty(), "a run that runs is not due");
    db.commit(stand("a", standing(Status::Paused))).await.unwrap();
    assert_eq!(db.runs(due).await.unwrap().len(), 1);
}

pub(super) async fn need_a_run(Opened { db, .. }: Opened) {
    let refused = db.answer("nobody's", record("review", RecordKind::Answer, "yes")).await;
    assert!(matches!(&refused, Err(DbError::Missing { id }) if id == "nobody's"), "{refused:?}");
}

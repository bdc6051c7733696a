use super::{
    Opened,
    rows::{at, begun, ended, event, node, record, run, stand, standing, write},
};
use crate::{
    db::{
        Db,
        rows::{Commit, Prune, RecordKind, RunFilter, RunRow, Standing},
    },
    event::EventKind,
    workflow::Status,
};

async fn left(db: &dyn Db) -> Vec<String> {
    db.runs(RunFilter::default()).await.unwrap().into_iter().map(|run| run.run_id).collect()
}

pub(super) async fn a_run_goes_with_all_that_is_its_own(Opened { db, .. }: Opened) {
    // The last one that began: a store may give its place to the next.
    begun(&*db, run("b")).await;
    begun(&*db, run("a")).await;
    for id in ["a", "b"] {
        let full = Commit {
            events: vec![event(id, 0, EventKind::WorkflowContinued {})],
            ..write(id, [node("write", 1), record("review", RecordKind::Question, "Publish?")])
        };
        db.commit(full).await.unwrap();
    }
    assert!(db.delete_run("a").await.unwrap());
    assert!(!db.delete_run("a").await.unwrap());
    assert_eq!(db.run("a").await.unwrap(), None);
    assert!(db.records("a").await.unwrap().is_empty());
    assert!(db.events("a", 0, 10).await.unwrap().is_empty());
    assert_eq!(db.questions(RunFilter::default()).await.unwrap().len(), 1);
    assert_eq!(db.records("b").await.unwrap().len(), 2, "the other one has all that it had");
    assert!(db.session("s").await.unwrap().is_some(), "a session that was named stays");
    begun(&*db, run("a")).await;
    assert!(db.records("a").await.unwrap().is_empty(), "nothing comes back with the id");
    assert!(db.events("a", 0, 10).await.unwrap().is_empty(), "nothing comes back with the id");
}

pub(super) async fn its_own_session_goes_with_its_last_run(Opened { db, .. }: Opened) {
    for id in ["a", "b"] {
        begun(&*db, RunRow { own_session: true, ..run(id) }).await;
    }
    db.write_state(super::rows::state("", None, 1.into(), "program")).await.unwrap();
    db.delete_run("a").await.unwrap();
    assert!(db.session("s").await.unwrap().is_some(), "another run is in it");
    db.delete_run("b").await.unwrap();
    assert_eq!(db.session("s").await.unwrap(), None);
    assert!(db.states("s").await.unwrap().is_empty());
}

pub(super) async fn pruning_takes_old_ones(Opened { db, .. }: Opened) {
    for (id, updated) in [("old", 1), ("new", 5), ("old elsewhere", 1)] {
        let workflow_id = if id.ends_with("elsewhere") { "other" } else { "digest" }.to_owned();
        begun(&*db, RunRow { workflow_id, ..run(id) }).await;
        db.commit(stand(id, Standing { updated_at: at(updated), ..standing(Status::Completed) })).await.unwrap();
    }
    let old = Prune { workflow_id: Some("digest".to_owned()), before: Some(at(5)), keep: None };
    assert_eq!(db.prune(old).await.unwrap(), 1);
    assert_eq!(left(&*db).await, ["new", "old elsewhere"]);
    assert_eq!(db.prune(Prune { before: Some(at(5)), ..Prune::default() }).await.unwrap(), 1);
    assert_eq!(left(&*db).await, ["new"]);
    assert_eq!(db.prune(Prune::default()).await.unwrap(), 1);
    assert!(left(&*db).await.is_empty());
}

pub(super) async fn pruning_keeps_the_newest_of_each_workflow(Opened { db, .. }: Opened) {
    for (index, id) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        let workflow_id = if index < 3 { "digest" } else { "other" }.to_owned();
        let own = RunRow { workflow_id, created_at: at(index as i64), session_id: id.to_owned(), own_session: true, ..run(id) };
        ended(&*db, own, Status::Completed).await;
    }
    let both = Prune { before: Some(at(0)), keep: Some(1), workflow_id: None };
    assert_eq!(db.prune(both).await.unwrap(), 0, "none is old enough");
    assert_eq!(db.prune(Prune { keep: Some(1), ..Prune::default() }).await.unwrap(), 3);
    assert_eq!(left(&*db).await, ["c", "e"]);
    assert_eq!(db.session("a").await.unwrap(), None, "its own session goes with it");
    assert!(db.session("c").await.unwrap().is_some());
}

pub(super) async fn pruning_spares_what_is_not_finished(Opened { db, .. }: Opened) {
    for status in [Status::Completed, Status::Failed, Status::Cancelled, Status::Paused, Status::Pending] {
        ended(&*db, run(&status.to_string()), status).await;
    }
    begun(&*db, run("running")).await;
    ended(&*db, run("resumed"), Status::Failed).await;
    db.claim("resumed", false).await.unwrap();
    assert_eq!(db.prune(Prune::default()).await.unwrap(), 3);
    assert_eq!(left(&*db).await, ["paused", "pending", "resumed", "running"]);
}

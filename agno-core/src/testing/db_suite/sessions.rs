use serde_json::json;

use super::{
    Opened,
    rows::{at, begun, event, node, run, session, state, write},
};
use crate::{
    db::{
        Db, DbError,
        rows::{Commit, RunFilter, RunRow, SessionFilter, SessionRow},
    },
    event::EventKind,
};

async fn ids(db: &dyn Db, filter: SessionFilter) -> Vec<String> {
    db.sessions(filter).await.unwrap().into_iter().map(|session| session.id).collect()
}

pub(super) async fn are_made_once_and_renamed(Opened { db, .. }: Opened) {
    let first = SessionRow { user_id: Some("ann".to_owned()), workflow_id: None, name: Some("Größe".to_owned()), ..session("世界") };
    assert!(db.create_session(first.clone()).await.unwrap());
    assert!(!db.create_session(session("世界")).await.unwrap());
    assert_eq!(db.session("世界").await.unwrap(), Some(first.clone()), "it stays as it is");
    assert!(db.rename_session("世界", "another").await.unwrap());
    assert_eq!(db.session("世界").await.unwrap(), Some(SessionRow { name: Some("another".to_owned()), ..first }));
}

async fn four(db: &dyn Db) {
    for (id, seconds, user, workflow) in [("a", 3, None, "x"), ("b", 2, Some("ann"), "x"), ("c", 2, None, "y"), ("d", 1, Some("ann"), "y")]
    {
        let row =
            SessionRow { user_id: user.map(str::to_owned), workflow_id: Some(workflow.to_owned()), created_at: at(seconds), ..session(id) };
        assert!(db.create_session(row).await.unwrap());
    }
}

pub(super) async fn are_listed_by_everything(Opened { db, .. }: Opened) {
    four(&*db).await;
    let all = SessionFilter::default();
    let of = async |filter| ids(&*db, filter).await;
    assert_eq!(of(all.clone()).await, ["d", "b", "c", "a"], "by time, then by id");
    assert_eq!(of(SessionFilter { newest_first: true, ..all.clone() }).await, ["a", "c", "b", "d"]);
    assert_eq!(of(SessionFilter { user_id: Some("ann".to_owned()), ..all.clone() }).await, ["d", "b"]);
    assert_eq!(of(SessionFilter { workflow_id: Some("y".to_owned()), ..all.clone() }).await, ["d", "c"]);
    assert_eq!(of(SessionFilter { since: Some(at(2)), ..all.clone() }).await, ["b", "c", "a"]);
    assert_eq!(of(SessionFilter { before: Some(at(2)), ..all.clone() }).await, ["d"]);
    assert_eq!(of(SessionFilter { limit: Some(2), ..all }).await, ["d", "b"]);
}

pub(super) async fn are_listed_in_pages(Opened { db, .. }: Opened) {
    four(&*db).await;
    for (newest_first, expected) in [(false, ["d", "b", "c", "a"]), (true, ["a", "c", "b", "d"])] {
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let page = db.sessions(SessionFilter { newest_first, after, limit: Some(1), ..SessionFilter::default() }).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.created_at, last.id.clone()));
            listed.extend(page.into_iter().map(|session| session.id));
        }
        assert_eq!(listed, expected);
    }
}

pub(super) async fn are_deleted_with_everything(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    begun(&*db, RunRow { session_id: "another".to_owned(), ..run("b") }).await;
    let full = Commit {
        states: vec![state("", Some(0), json!(1), "a")],
        events: vec![event("a", 0, EventKind::WorkflowContinued {})],
        ..write("a", [node("write", 1)])
    };
    db.commit(full).await.unwrap();
    assert!(db.delete_session("s").await.unwrap());
    assert!(!db.delete_session("s").await.unwrap());
    assert_eq!(db.session("s").await.unwrap(), None);
    assert_eq!(db.run("a").await.unwrap(), None);
    assert!(db.states("s").await.unwrap().is_empty());
    let lost = db.commit(write("a", [node("late", 1)])).await;
    assert!(matches!(lost, Err(DbError::LeaseLost { .. })), "{lost:?}");

    // Nothing comes back with the ids.
    begun(&*db, run("a")).await;
    assert!(db.states("s").await.unwrap().is_empty());
    assert!(db.records("a").await.unwrap().is_empty());
    assert!(db.events("a", 0, 10).await.unwrap().is_empty());
    assert_eq!(db.runs(RunFilter::default()).await.unwrap().len(), 2, "the other session's run is there");
}

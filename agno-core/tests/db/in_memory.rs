use agno_core::{
    Status,
    db::{
        Db as _, InMemoryDb,
        rows::{Claim, Commit, RunFilter},
    },
    testing::{Opened, db_suite},
};

use crate::support::{begin, standing};

#[tokio::test]
async fn does_what_every_store_does() {
    db_suite(async || {
        let db = InMemoryDb::new();
        let other = db.another_owner();
        Opened::new(db.clone()).with_clone(db).with_other(other)
    })
    .await;
}

/// A run of the session `s-id`, which has ended.
async fn ended(db: &InMemoryDb, id: &str, own_session: bool) {
    ended_so(db, id, own_session, Status::Completed).await;
}

async fn ended_so(db: &InMemoryDb, id: &str, own_session: bool, status: Status) {
    let standing = Some(Box::new(standing(status)));
    db.commit(Commit { standing, ..begin(id, &format!("s-{id}"), own_session) }).await.expect("a run");
}

async fn runs(db: &InMemoryDb) -> Vec<String> {
    db.runs(RunFilter::default()).await.expect("runs").into_iter().map(|run| run.run_id).collect()
}

#[tokio::test]
async fn the_oldest_finished_runs_go_with_their_own_sessions() {
    let db = InMemoryDb::new().keep_runs(2);
    for (id, own_session) in [("c", true), ("b", false), ("a", true), ("d", true)] {
        ended(&db, id, own_session).await;
    }
    assert_eq!(runs(&db).await, ["a", "d"], "those that ended last");
    assert!(db.session("s-c").await.expect("sessions").is_none());
    assert!(db.session("s-b").await.expect("sessions").is_some(), "a session that was named stays");
}

#[tokio::test]
async fn a_run_that_goes_on_is_finished_no_more() {
    let db = InMemoryDb::new().keep_runs(1);
    ended_so(&db, "a", true, Status::Failed).await;
    let Claim::Yours { .. } = db.claim("a", false).await.expect("a claim") else { panic!("nobody has it") };
    ended(&db, "b", true).await;
    ended(&db, "c", true).await;
    assert_eq!(runs(&db).await, ["a", "c"]);
}

//! What every store does, beside the suite.

use agno_core::{
    InMemoryDb, Status,
    db::{
        Db,
        rows::{Commit, RecordKind, RunFilter, Standing},
    },
};
use futures_util::future::join_all;
use jiff::Timestamp;

use crate::support::{begin, begun, change, node, standing, write};

/// The stores, each empty.
async fn stores() -> Vec<Box<dyn Db>> {
    vec![
        Box::new(InMemoryDb::new()),
        #[cfg(feature = "sqlite")]
        Box::new(agno_core::SqliteDb::open_in_memory().await.expect("a database")),
        #[cfg(feature = "postgres")]
        Box::new(crate::postgres::open(&crate::postgres::schema()).await),
    ]
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

#[tokio::test]
async fn the_next_thing_that_is_due_is_known() {
    for db in stores().await {
        let due = async |after, user| db.next_due("digest", user, at(after)).await.expect("it answers");
        assert_eq!(due(0, None).await, None);
        for (id, user_id, workflow, status, due_at) in [
            ("late", None, "digest", Status::Paused, Some(at(8))),
            ("early", Some("ann"), "digest", Status::Paused, Some(at(5))),
            ("never", None, "digest", Status::Paused, None),
            ("running", None, "digest", Status::Running, Some(at(4))),
            ("of another", None, "other", Status::Paused, Some(at(3))),
        ] {
            let mut first = begin(id, &format!("s {id}"), true);
            if let Some(begin) = &mut first.begin {
                begin.run.user_id = user_id.map(str::to_owned);
                begin.session.user_id = begin.run.user_id.clone();
                workflow.clone_into(&mut begin.run.workflow_id);
            }
            db.commit(first).await.expect("a run");
            let standing = Some(Box::new(Standing { due_at, ..standing(status) }));
            db.commit(Commit { standing, ..change(id, 1) }).await.expect("it stands");
        }
        assert_eq!(due(0, None).await, Some(at(5)), "{db:?}");
        assert_eq!(due(5, None).await, Some(at(8)), "what is due at that time is not later: {db:?}");
        assert_eq!(due(8, None).await, None, "{db:?}");
        assert_eq!((due(0, Some("ann")).await, due(5, Some("ann")).await), (Some(at(5)), None), "{db:?}");
    }
}

#[tokio::test]
async fn runs_without_questions_do_not_count_where_questions_are_listed() {
    for db in stores().await {
        for id in ["a", "b", "c", "d"] {
            begun(&*db, id).await;
        }
        let record = |kind| agno_core::db::rows::Record { kind, ..node("review", 1) };
        for id in ["b", "c", "d"] {
            write(&*db, id, [record(RecordKind::Question)]).await.expect("it asks");
        }
        assert!(db.answer("b", record(RecordKind::Answer)).await.expect("an answer"));
        let of = async |limit| {
            let open = db.questions(RunFilter { limit, ..RunFilter::default() }).await.expect("questions");
            open.into_iter().map(|(run, _)| run.run_id).collect::<Vec<_>>()
        };
        assert_eq!(of(None).await, ["c", "d"], "{db:?}");
        assert_eq!(of(Some(1)).await, ["c"], "{db:?}");
    }
}

/// Commits that come at once share a transaction, also where runs begin in it, and go on, and end.
#[tokio::test]
async fn runs_begin_and_end_at_once() {
    for db in stores().await {
        begun(&*db, "first").await;
        let ids: Vec<String> = (0..40).map(|index| format!("run {index:02}")).collect();
        let mut commits = Vec::new();
        for id in &ids {
            let session = if id.ends_with('7') { "shared".to_owned() } else { format!("s {id}") };
            commits.push(db.commit(Commit { records: vec![node("one", 1)], ..begin(id, &session, false) }));
            commits.push(db.commit(Commit { records: vec![node("two", 2)], ..change(id, 1) }));
            // There is such a run. Nobody else's commit is refused for that.
            commits.push(db.commit(begin("first", "s", false)));
            let standing = id.ends_with('3').then(|| Box::new(standing(Status::Completed)));
            commits.push(db.commit(Commit { records: vec![node("three", 3)], standing, ..change(id, 1) }));
        }
        for (index, committed) in join_all(commits).await.into_iter().enumerate() {
            assert_eq!(committed.is_err(), index % 4 == 2, "{index}: {committed:?} in {db:?}");
        }
        let runs = db.runs(RunFilter::default()).await.expect("runs");
        assert_eq!(runs.len(), 41);
        for id in &ids {
            let paths: Vec<_> = db.records(id).await.expect("records").into_iter().map(|record| record.path).collect();
            assert_eq!(paths, ["one", "two", "three"], "{id} in {db:?}");
            let run = db.run(id).await.expect("it answers").expect("the run");
            let expected = if id.ends_with('3') { Status::Completed } else { Status::Running };
            assert_eq!((run.standing.status, run.owner.is_some()), (expected, expected == Status::Running), "{id} in {db:?}");
        }
    }
}

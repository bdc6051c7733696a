use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::{
    Opened,
    rows::{FENCE, at, begin, begun, change, event, node, run, session, stand, standing},
};
use crate::{
    db::{
        DbError,
        rows::{Commit, RecordKind, Redefined, RunFilter, RunRow, SessionRow, Standing},
    },
    event::{Event, EventKind},
    workflow::Status,
};

pub(super) async fn what_is_not_there_is_none(Opened { db, .. }: Opened) {
    assert_eq!(db.run("nobody's").await.unwrap(), None);
    assert!(!db.is_owned("nobody's").await.unwrap());
    assert!(db.records("nobody's").await.unwrap().is_empty());
    assert!(db.events("nobody's", 0, 10).await.unwrap().is_empty());
    assert_eq!(db.session("nobody's").await.unwrap(), None);
    assert!(db.states("nobody's").await.unwrap().is_empty());
    assert!(db.history("nobody's", None).await.unwrap().is_empty());
    assert_eq!(db.definition("nobody's").await.unwrap(), None);
    assert!(!db.delete_run("nobody's").await.unwrap());
    assert!(!db.delete_session("nobody's").await.unwrap());
    assert!(!db.rename_session("nobody's", "ours").await.unwrap());
    assert!(db.runs(RunFilter::default()).await.unwrap().is_empty());
    assert!(matches!(db.request_cancel("nobody's").await, Err(DbError::Missing { id }) if id == "nobody's"));
}

pub(super) async fn a_run_is_read_as_it_was_written(Opened { db, .. }: Opened) {
    let row = RunRow {
        own_session: true,
        user_id: Some("Grüße, 世界".to_owned()),
        workflow: "Digest of \"all\"".to_owned(),
        input: json!({ "z": 1, "a": [1.5, -0.1, u64::MAX, i64::MIN, null, true], "text": "line\nline\u{0}\u{1F980}" }),
        given: json!({ "metadata": { "k": "v" } }),
        stores_events: true,
        standing: Standing {
            carried: Some(json!({ "asked": [] })),
            failure: Some(json!({ "path": "x" })),
            sequence: 7,
            nanos: 1_234_567_890_123,
            state: Some(json!(null)),
            due_at: Some(at(99)),
            ..standing(Status::Running)
        },
        fence: 3,
        ..run("run-ü")
    };
    begun(&*db, row.clone()).await;
    let read = db.run("run-ü").await.unwrap().expect("the run");
    assert!(read.owner.is_some(), "a run that runs has an owner");
    assert_eq!(read, RunRow { owner: read.owner.clone(), ..row }, "all but the owner is as it was written");
    assert_eq!(db.runs(RunFilter::default()).await.unwrap(), [read], "a listing has the same");
}

pub(super) async fn an_id_is_used_once(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let mut second = begin(RunRow { input: json!("another"), ..run("a") });
    second.records.push(node("write", 1));
    assert!(matches!(db.commit(second).await, Err(DbError::Exists { run_id }) if run_id == "a"));
    assert_eq!(db.run("a").await.unwrap().expect("the first").input, run("a").input);
    assert!(db.records("a").await.unwrap().is_empty(), "nothing of the second is stored");
    assert!(db.is_owned("a").await.unwrap(), "the first still runs");
}

pub(super) async fn anothers_session_is_refused(Opened { db, .. }: Opened) {
    begun(&*db, RunRow { user_id: Some("ann".to_owned()), ..run("anns") }).await;
    let bobs = RunRow { user_id: Some("bob".to_owned()), fingerprint: "f-bob".to_owned(), ..run("bobs") };
    assert!(matches!(db.commit(begin(bobs)).await, Err(DbError::OtherUser { id }) if id == "s"));
    assert_eq!(db.run("bobs").await.unwrap(), None, "nothing of it is stored");
    assert_eq!(db.definition("f-bob").await.unwrap(), None, "nothing of it is stored");
    assert_eq!(db.session("s").await.unwrap().expect("the session").user_id.as_deref(), Some("ann"));
    begun(&*db, RunRow { user_id: Some("ann".to_owned()), ..run("anns second") }).await;

    begun(&*db, RunRow { session_id: "nobody's".to_owned(), ..run("c") }).await;
    let anns = RunRow { user_id: Some("ann".to_owned()), session_id: "nobody's".to_owned(), ..run("d") };
    assert!(matches!(db.commit(begin(anns)).await, Err(DbError::OtherUser { .. })), "a session of nobody is the program's");
}

pub(super) async fn the_program_may_use_any_session(Opened { db, .. }: Opened) {
    begun(&*db, RunRow { user_id: Some("ann".to_owned()), ..run("anns") }).await;
    begun(&*db, run("the program's")).await;
    assert_eq!(db.session("s").await.unwrap().expect("the session").user_id.as_deref(), Some("ann"), "it stays hers");
}

pub(super) async fn a_session_is_made_once(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    assert_eq!(db.session("s").await.unwrap(), Some(session("s")));
    let mut second = begin(run("b"));
    second.begin.as_mut().expect("the beginning").session =
        SessionRow { name: Some("other".to_owned()), created_at: at(9), ..session("s") };
    db.commit(second).await.unwrap();
    assert_eq!(db.session("s").await.unwrap(), Some(session("s")), "it stays as it is");
}

pub(super) async fn a_definition_is_kept_once(Opened { db, other, .. }: Opened) {
    begun(&*db, run("a")).await;
    let mut second = begin(run("b"));
    second.begin.as_mut().expect("the beginning").definition = json!("something else").into();
    db.commit(second).await.unwrap();
    assert_eq!(db.definition("f-1").await.unwrap().as_deref(), Some(&json!({ "name": "Digest" })));
    if let Some(other) = other {
        begun(&*other, run("c")).await;
        begun(&*other, RunRow { fingerprint: "f-2".to_owned(), ..run("d") }).await;
        assert!(db.definition("f-2").await.unwrap().is_some(), "another owner's");
    }
}

pub(super) async fn where_it_stands_is_replaced(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let first = Standing {
        output: Some(json!([1])),
        failure: Some(json!({ "path": "p" })),
        carried: Some(json!({ "c": 1 })),
        sequence: 12,
        nanos: 5,
        state: Some(json!("full")),
        due_at: Some(at(50)),
        updated_at: at(7),
        ..standing(Status::Running)
    };
    db.commit(stand("a", first.clone())).await.unwrap();
    let read = db.run("a").await.unwrap().expect("the run");
    assert_eq!(read.standing, first);
    assert!(db.is_owned("a").await.unwrap(), "a run that goes on keeps its owner");
    db.commit(stand("a", standing(Status::Running))).await.unwrap();
    assert_eq!(db.run("a").await.unwrap().expect("the run").standing, standing(Status::Running), "what is not there any more is gone");
}

pub(super) async fn a_run_that_does_not_run_is_nobodys(Opened { db, .. }: Opened) {
    for status in [Status::Pending, Status::Paused, Status::Completed, Status::Failed, Status::Cancelled] {
        let id = status.to_string();
        begun(&*db, run(&id)).await;
        assert!(db.is_owned(&id).await.unwrap());
        db.commit(stand(&id, standing(status))).await.unwrap();
        let read = db.run(&id).await.unwrap().expect("the run");
        assert_eq!((read.owner, read.standing.status, read.fence), (None, status, FENCE));
        assert!(!db.is_owned(&id).await.unwrap());
    }
}

pub(super) async fn letting_go_keeps_the_status(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    db.commit(Commit { release: true, ..change("a") }).await.unwrap();
    let read = db.run("a").await.unwrap().expect("the run");
    assert_eq!((read.owner, read.standing), (None, standing(Status::Running)));
}

pub(super) async fn a_run_may_be_stored_whole(Opened { db, .. }: Opened) {
    let mut whole = begin(run("a"));
    whole.records = vec![node("write", "text")];
    whole.states = vec![super::rows::state("", Some(0), json!(1), "a")];
    whole.standing = Some(Box::new(Standing { updated_at: Timestamp::UNIX_EPOCH, ..standing(Status::Completed) }));
    db.commit(whole).await.unwrap();
    let read = db.run("a").await.unwrap().expect("the run");
    assert_eq!((read.owner, read.standing.status), (None, Status::Completed));
    assert_eq!(db.records("a").await.unwrap(), [node("write", "text")]);
    assert_eq!(db.states("s").await.unwrap()[0].version, 1);

    let ended = RunRow { standing: standing(Status::Completed), ..run("b") };
    begun(&*db, ended).await;
    assert_eq!(db.run("b").await.unwrap().expect("the run").owner, None, "it began when it had ended");
}

pub(super) async fn a_run_goes_on_under_another_definition(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    begun(&*db, run("b")).await;
    let started = |n, path: &str| {
        let (executor, label) = (path.to_owned(), None);
        let mut told = Event::clone(&event("a", n, EventKind::StepStarted { executor, label }));
        path.clone_into(&mut told.path);
        Arc::new(told)
    };
    let events = vec![started(0, "first"), started(1, "second"), started(2, "third")];
    db.commit(Commit { records: vec![node("first", 1), node("second", 2)], events, ..change("a") }).await.unwrap();
    let redefined = || Some(Box::new(Redefined { fingerprint: "f-9".to_owned(), definition: json!("other").into() }));
    let rewritten = || Commit {
        redefined: redefined(),
        records: vec![node("1st", 1), node("second", 2)],
        removed: vec![("first".to_owned(), RecordKind::Node), ("second".to_owned(), RecordKind::Node)],
        events: vec![started(1, "2nd")],
        release: true,
        ..stand("a", standing(Status::Running))
    };
    let refused = db.commit(Commit { fence: 9, ..rewritten() }).await;
    assert!(matches!(refused, Err(DbError::LeaseLost { .. })), "{refused:?}");
    assert_eq!(db.run("a").await.unwrap().expect("the run").fingerprint, "f-1");
    begun(&*db, run("c")).await;

    db.commit(rewritten()).await.unwrap_or_else(|error| panic!("{error}"));
    let row = db.run("a").await.unwrap().expect("the run");
    assert_eq!((&*row.fingerprint, row.owner), ("f-9", None));
    assert_eq!(db.definition("f-9").await.unwrap().as_deref(), Some(&json!("other")));
    assert!(db.definition("f-1").await.unwrap().is_some());
    assert_eq!(db.run("b").await.unwrap().expect("the run").fingerprint, "f-1", "others stay what they are");
    let records = db.records("a").await.unwrap();
    assert_eq!(records.iter().map(|record| &*record.path).collect::<Vec<_>>(), ["1st", "second"], "in the order of the commit");
    let events = db.events("a", 0, 10).await.unwrap();
    assert_eq!(events.iter().map(|event| (event.sequence, &*event.path)).collect::<Vec<_>>(), [(0, "first"), (1, "2nd"), (2, "third")]);
}

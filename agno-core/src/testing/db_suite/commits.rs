use futures_util::{FutureExt as _, future::join_all};
use serde_json::{Value, json};

use super::{
    Opened,
    rows::{begin, begun, change, contents, event, node, run, stand, standing, state, write},
};
use crate::{
    db::{
        DbError,
        rows::{Commit, RecordKind, RunRow},
    },
    event::EventKind,
    workflow::Status,
};

pub(super) async fn of_many_runs_at_once(Opened { db, .. }: Opened) {
    const RUNS: usize = 40;
    const STEPS: usize = 8;
    let one = async |index: usize| {
        let id = format!("run {index}");
        let mut first = begin(RunRow { session_id: format!("session {}", index % 3), input: json!(index), ..run(&id) });
        first.records.push(node("step 0", index));
        db.commit(first).await.unwrap();
        for step in 1..STEPS {
            let mut commit = write(&id, [node(&format!("step {step}"), index * 100 + step)]);
            // Not all commits look alike.
            if step % 3 == index % 3 {
                commit.events.push(event(&id, step as u64, EventKind::WorkflowContinued {}));
            }
            if step == STEPS - 1 {
                commit.standing = Some(Box::new(standing(Status::Completed)));
            }
            db.commit(commit).await.unwrap();
        }
    };
    join_all((0..RUNS).map(one)).await;
    for index in 0..RUNS {
        let id = format!("run {index}");
        let expected: Vec<(String, Value)> =
            (0..STEPS).map(|step| (format!("step {step}"), json!(if step == 0 { index } else { index * 100 + step }))).collect();
        assert_eq!(contents(&*db, &id).await, expected);
        let expected: Vec<u64> = (1..STEPS).filter(|step| step % 3 == index % 3).map(|step| step as u64).collect();
        let events: Vec<u64> = db.events(&id, 0, 100).await.unwrap().iter().map(|event| event.sequence).collect();
        assert_eq!(events, expected);
        assert_eq!(db.run(&id).await.unwrap().expect("the run").standing.status, Status::Completed);
    }
}

pub(super) async fn of_one_run_keep_the_order_of_the_calls(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let mut calls: Vec<Commit> = (0..30).map(|n| write("a", [node(&format!("{n}"), n), node("last", n)])).collect();
    // Of what cannot be done together, too.
    calls.push(Commit { removed: vec![("3".to_owned(), RecordKind::Node)], ..change("a") });
    calls.push(write("a", [node("3", "again")]));
    let under_way: Vec<_> = calls.into_iter().map(|commit| db.commit(commit)).collect();
    for committed in join_all(under_way).await {
        committed.unwrap();
    }
    let contents = contents(&*db, "a").await;
    let paths: Vec<&str> = contents.iter().map(|(path, _)| path.as_str()).collect();
    let mut expected: Vec<String> = (0..30).map(|n| n.to_string()).collect();
    expected.insert(1, "last".to_owned());
    expected.retain(|path| path != "3");
    expected.push("3".to_owned());
    assert_eq!(paths, expected);
    assert_eq!(contents[1].1, json!(29), "the last call wrote last");
    assert_eq!(contents.last().expect("the last").1, json!("again"));
}

pub(super) async fn a_refused_one_leaves_the_others_alone(Opened { db, .. }: Opened) {
    begun(&*db, RunRow { user_id: Some("ann".to_owned()), session_id: "ann's".to_owned(), ..run("ann's") }).await;
    for index in 0..24 {
        begun(&*db, run(&format!("{index}"))).await;
    }
    db.commit(Commit { states: vec![state("", Some(0), json!(0), "0")], ..change("0") }).await.unwrap();
    let commits = (0..24).map(|index| {
        let id = format!("{index}");
        let commit = write(&id, [node("write", index)]);
        match index % 6 {
            1 => Commit { fence: 99, ..commit },
            2 => Commit { states: vec![state("", Some(77), json!(1), &id)], ..commit },
            3 => begin(run("0")),
            4 => begin(RunRow { session_id: "ann's".to_owned(), user_id: Some("bob".to_owned()), ..run("bob's") }),
            _ => commit,
        }
    });
    let under_way: Vec<_> = commits.map(|commit| db.commit(commit)).collect();
    for (index, committed) in join_all(under_way).await.into_iter().enumerate() {
        let is_written = db.records(&index.to_string()).await.unwrap() == [node("write", index)];
        match (index % 6, committed) {
            (0 | 5, Ok(())) => assert!(is_written),
            (1, Err(DbError::LeaseLost { run_id })) if run_id == index.to_string() => assert!(!is_written),
            (2, Err(DbError::StateConflict { by, .. })) if by == "0" => assert!(!is_written),
            (3, Err(DbError::Exists { run_id })) if run_id == "0" => {}
            (4, Err(DbError::OtherUser { id })) if id == "ann's" => {}
            (_, other) => panic!("commit {index}: {other:?}"),
        }
    }
    assert_eq!(db.run("bob's").await.unwrap(), None);
}

pub(super) async fn are_whole_or_not_at_all(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    db.commit(write("a", [node("kept", 1)])).await.unwrap();
    let whole = Commit {
        records: vec![node("new", 2), node("kept", 3)],
        removed: vec![("kept".to_owned(), RecordKind::Node)],
        events: vec![event("a", 1, EventKind::WorkflowContinued {})],
        states: vec![state("first", Some(0), json!(1), "a"), state("second", Some(5), json!(1), "a")],
        ..stand("a", standing(Status::Completed))
    };
    assert!(matches!(db.commit(whole).await, Err(DbError::StateConflict { key, .. }) if key == "second"));
    assert_eq!(db.records("a").await.unwrap(), [node("kept", 1)]);
    assert!(db.events("a", 0, 10).await.unwrap().is_empty());
    assert!(db.states("s").await.unwrap().is_empty());
    assert_eq!(db.run("a").await.unwrap().expect("the run").standing.status, Status::Running);
}

pub(super) async fn detached_ones_come_before_later_ones(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    for n in 0..20 {
        db.commit_detached(write("a", [node("counted", n), node(&format!("{n}"), n)]));
    }
    db.commit(write("a", [node("last", "of all")])).await.unwrap();
    let contents = contents(&*db, "a").await;
    assert_eq!(contents.len(), 22, "{contents:?}");
    assert_eq!(contents[0], ("counted".to_owned(), json!(19)));
    assert_eq!(contents[21].0, "last");

    db.commit_detached(Commit { release: true, ..change("a") });
    let claim = db.claim("a", false).await.unwrap();
    assert!(matches!(claim, crate::db::rows::Claim::Yours { fence: 2 }), "it was let go: {claim:?}");
}

pub(super) async fn that_are_dropped_are_whole_or_not_at_all(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    for n in 0..30u64 {
        let twice = Commit {
            states: vec![state(&format!("{n}"), Some(0), json!(n), "a")],
            events: vec![event("a", n, EventKind::WorkflowContinued {})],
            ..write("a", [node(&format!("{n}"), n)])
        };
        let mut commit = db.commit(twice);
        // Not even looked at, looked at once, or until it has gone some of its way.
        for _ in 0..n % 5 {
            if (&mut commit).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(commit);
        if n % 3 == 0 {
            db.commit(write("a", [node("between", n)])).await.unwrap();
        }
    }
    db.commit(write("a", [node("last", 1)])).await.unwrap();
    let records = contents(&*db, "a").await;
    let states = db.states("s").await.unwrap();
    let events = db.events("a", 0, 100).await.unwrap();
    for n in 0..30u64 {
        let there = records.iter().any(|(path, _)| *path == n.to_string());
        assert_eq!(states.iter().any(|state| state.key == n.to_string()), there, "commit {n}");
        assert_eq!(events.iter().any(|event| event.sequence == n), there, "commit {n}");
    }
    assert_eq!(records.last().expect("the last").0, "last");
}

/// A branch that computes does not poll its sibling that commits; all others go on.
pub(super) async fn that_are_not_polled_hold_nobody_up(Opened { db, other, .. }: Opened) {
    for id in ["a", "b"] {
        begun(&*db, run(id)).await;
    }
    let mut unpolled = db.commit(write("a", [node("unpolled", 1)]));
    let is_done = (&mut unpolled).now_or_never().is_some();
    db.commit(write("b", [node("goes on", 1)])).await.unwrap();
    db.request_cancel("a").await.unwrap();
    other.unwrap_or_else(|| db.clone()).request_cancel("b").await.unwrap();
    if !is_done {
        unpolled.await.unwrap();
    }
    assert_eq!(db.records("a").await.unwrap().len() + db.records("b").await.unwrap().len(), 2);
}

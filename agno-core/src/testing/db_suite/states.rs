use futures_util::future::join;
use serde_json::json;

use super::{
    Opened,
    rows::{begun, change, contents, node, run, session, state, write},
};
use crate::db::{
    DbError,
    rows::{Commit, StateRow},
};

pub(super) async fn are_compared_and_swapped(Opened { db, .. }: Opened) {
    assert!(db.create_session(session("s")).await.unwrap());
    assert_eq!(db.write_state(state("", Some(0), json!({ "items": [] }), "program")).await.unwrap(), 1);
    assert_eq!(db.write_state(state("", Some(1), json!({ "items": [1] }), "program")).await.unwrap(), 2);
    assert_eq!(db.write_state(state("", None, json!(null), "someone")).await.unwrap(), 3, "whatever is there");
    assert_eq!(db.write_state(state("sub/größe", None, json!(7), "program")).await.unwrap(), 1, "also where nothing is");
    let expected = [
        StateRow { key: String::new(), value: json!(null), version: 3, by: "someone".to_owned() },
        StateRow { key: "sub/größe".to_owned(), value: json!(7), version: 1, by: "program".to_owned() },
    ];
    assert_eq!(db.states("s").await.unwrap(), expected);
}

pub(super) async fn conflicts_name_the_writer(Opened { db, .. }: Opened) {
    db.create_session(session("s")).await.unwrap();
    db.write_state(state("cart", Some(0), json!(1), "run-1")).await.unwrap();
    for read in [0, 2, 99] {
        let conflict = db.write_state(state("cart", Some(read), json!(2), "run-2")).await;
        let Err(DbError::StateConflict { session_id, key, by }) = conflict else { panic!("{read}: {conflict:?}") };
        assert_eq!((&*session_id, &*key, &*by), ("s", "cart", "run-1"));
    }
    let conflict = db.write_state(state("never written", Some(3), json!(2), "run-2")).await;
    assert!(matches!(conflict, Err(DbError::StateConflict { .. })), "{conflict:?}");
    assert_eq!(db.states("s").await.unwrap()[0].value, json!(1));
}

pub(super) async fn need_a_session(Opened { db, .. }: Opened) {
    let refused = db.write_state(state("", None, json!(1), "program")).await;
    assert!(matches!(&refused, Err(DbError::Missing { id }) if id == "s"), "{refused:?}");
    assert_eq!(db.session("s").await.unwrap(), None);
}

pub(super) async fn only_one_of_two_wins(Opened { db, other, .. }: Opened) {
    let other = other.unwrap_or_else(|| db.clone());
    begun(&*db, run("a")).await;
    begun(&*other, run("b")).await;
    for version in 0..5 {
        let commit =
            |id: &str| Commit { states: vec![state("", Some(version), json!(id), id)], ..write(id, [node(&format!("{version}"), id)]) };
        let (first, second) = join(db.commit(commit("a")), other.commit(commit("b"))).await;
        let (winner, conflict) = match (first, second) {
            (Ok(()), Err(conflict)) => ("a", conflict),
            (Err(conflict), Ok(())) => ("b", conflict),
            both => panic!("one of two wins: {both:?}"),
        };
        assert!(matches!(&conflict, DbError::StateConflict { by, .. } if by == winner), "{winner} won: {conflict:?}");
        let state = db.states("s").await.unwrap().remove(0);
        assert_eq!((state.value, state.version), (json!(winner), version + 1));
    }
    let written = contents(&*db, "a").await.len() + contents(&*db, "b").await.len();
    assert_eq!(written, 5, "the records of those that lost are not there");
}

pub(super) async fn change_twice_in_one_commit(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    begun(&*db, run("b")).await;
    let twice =
        |read, last| Commit { states: vec![state("", Some(read), json!(1), "a"), state("", Some(last), json!(2), "a")], ..change("a") };
    // Should both come together, one of them is refused, and the other one is looked at by itself.
    let lost = Commit { fence: 9, ..change("b") };
    let (first, lost) = join(db.commit(twice(0, 1)), db.commit(lost)).await;
    first.unwrap();
    assert!(matches!(lost, Err(DbError::LeaseLost { .. })), "{lost:?}");
    for last in [2, 4] {
        let refused = db.commit(twice(2, last)).await;
        assert!(matches!(&refused, Err(DbError::StateConflict { by, .. }) if by == "a"), "{refused:?}");
    }
    let state = db.states("s").await.unwrap().remove(0);
    assert_eq!((state.value, state.version), (json!(2), 2));
}

pub(super) async fn change_with_a_commit_or_not_at_all(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let first = Commit { states: vec![state("", Some(0), json!(1), "a"), state("sub", None, json!(2), "a")], ..change("a") };
    db.commit(first).await.unwrap();
    assert_eq!(db.states("s").await.unwrap().len(), 2);
    let lost = Commit { fence: 9, states: vec![state("", Some(1), json!(3), "a")], ..change("a") };
    let lost = db.commit(lost).await;
    assert!(matches!(lost, Err(DbError::LeaseLost { .. })), "{lost:?}");
    assert_eq!(db.states("s").await.unwrap()[0].version, 1);
}

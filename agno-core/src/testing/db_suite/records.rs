use serde_json::{Value, json};

use super::{
    Opened,
    rows::{begun, change, contents, node, record, run, write},
};
use crate::db::rows::{Commit, Record, RecordKind};

pub(super) async fn are_read_in_the_order_of_their_first_writing(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    db.commit(write("a", [node("z", 1), node("m", 2)])).await.unwrap();
    db.commit(write("a", [node("a", 3)])).await.unwrap();
    db.commit(write("a", [node("b", 5), node("z", 4)])).await.unwrap();
    let expected = [("z", json!(4)), ("m", json!(2)), ("a", json!(3)), ("b", json!(5))];
    assert_eq!(contents(&*db, "a").await, expected.map(|(path, value)| (path.to_owned(), value)), "one that is replaced keeps its place");
}

pub(super) async fn kinds_are_apart(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let kinds: Vec<RecordKind> = (0..).map_while(RecordKind::of).collect();
    assert_eq!(kinds.len(), 8);
    let records: Vec<Record> = kinds.iter().map(|kind| record("review", *kind, *kind as i16)).collect();
    db.commit(write("a", records.clone())).await.unwrap();
    assert_eq!(db.records("a").await.unwrap(), records);
}

pub(super) async fn removed_ones_are_gone(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    db.commit(write("a", [node("x", 1), node("y", 2), record("x", RecordKind::Failed, 3)])).await.unwrap();
    let removed = vec![("x".to_owned(), RecordKind::Node), ("never there".to_owned(), RecordKind::Node)];
    db.commit(Commit { removed, ..change("a") }).await.unwrap();
    assert_eq!(db.records("a").await.unwrap(), [node("y", 2), record("x", RecordKind::Failed, 3)], "another kind at its path stays");
    db.commit(write("a", [node("x", 4)])).await.unwrap();
    assert_eq!(db.records("a").await.unwrap().last(), Some(&node("x", 4)), "it is new then");

    let both = Commit { removed: vec![("y".to_owned(), RecordKind::Node)], ..write("a", [node("y", 5)]) };
    db.commit(both).await.unwrap();
    assert_eq!(db.records("a").await.unwrap().last(), Some(&node("y", 5)), "what one commit removes and writes is there");
}

pub(super) async fn nothing_and_null_differ(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let nothing = Record { content: None, ..node("nothing", 0) };
    let null = node("null", Value::Null);
    db.commit(write("a", [nothing.clone(), null.clone()])).await.unwrap();
    assert_eq!(db.records("a").await.unwrap(), [nothing, null]);
}

pub(super) async fn big_and_strange_values_are_kept(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let big = node("big", "ü".repeat(2_000_000));
    let strange =
        node("pages[7]/größe/名前 \"'\\%_;--", json!({ "\u{0}": "\u{0}\u{FFFF}\r\n", "number": 0.1, "huge": u64::MAX, "": [[], {}] }));
    db.commit(write("a", [big.clone(), strange.clone()])).await.unwrap();
    assert!(db.records("a").await.unwrap() == [big, strange], "what was written is not what is read");
}

pub(super) async fn a_thousand_in_one_commit(Opened { db, .. }: Opened) {
    begun(&*db, run("a")).await;
    let records: Vec<Record> = (0..1_001).map(|n| node(&format!("pages[{n}]/fetch"), n)).collect();
    db.commit(write("a", records.clone())).await.unwrap();
    assert!(db.records("a").await.unwrap() == records, "what was written is not what is read");
}

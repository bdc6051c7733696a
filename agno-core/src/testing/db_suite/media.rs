use std::sync::Arc;

use super::{
    Opened,
    rows::{begin, change, contents, node, run, stand, standing, write},
};
use crate::{
    db::{
        Db, DbError,
        rows::{Commit, MediaRow, Prune, RunRow},
    },
    workflow::Status,
};

fn media(digest: &str, bytes: impl Into<Arc<[u8]>>) -> MediaRow {
    MediaRow { digest: digest.to_owned(), bytes: bytes.into() }
}

/// By their digests.
async fn sorted(db: &dyn Db, run_id: &str) -> Vec<MediaRow> {
    let mut media = db.media(run_id).await.unwrap();
    media.sort_by(|a, b| a.digest.cmp(&b.digest));
    media
}

pub(super) async fn lie_beside_the_run(Opened { db, .. }: Opened) {
    let every_byte: Vec<u8> = (0..=255).collect();
    let given = Commit { media: vec![media("given", every_byte.clone())], ..begin(run("a")) };
    db.commit(given).await.unwrap();
    db.commit(begin(run("b"))).await.unwrap();
    let attached = Commit { media: vec![media("big", vec![7; 3_000_000]), media("empty", [])], ..write("a", [node("draw", 1)]) };
    db.commit(attached).await.unwrap();
    // What is there already is given again when a record is written again, alone too. It stays as it is.
    db.commit(Commit { media: vec![media("given", every_byte.clone())], ..change("a") }).await.unwrap();
    db.commit(Commit { media: vec![media("given", [9])], ..change("a") }).await.unwrap();
    assert_eq!(sorted(&*db, "a").await, [media("big", vec![7; 3_000_000]), media("empty", []), media("given", every_byte)]);
    assert!(db.media("b").await.unwrap().is_empty(), "they are the run's own");
    assert!(db.media("nobody's").await.unwrap().is_empty());
}

pub(super) async fn come_with_their_commit_or_not_at_all(Opened { db, .. }: Opened) {
    db.commit(begin(run("a"))).await.unwrap();
    let late = Commit { fence: 9, media: vec![media("late", [1])], ..write("a", [node("draw", 1)]) };
    let late = db.commit(late).await;
    assert!(matches!(late, Err(DbError::LeaseLost { .. })), "{late:?}");
    assert!(db.media("a").await.unwrap().is_empty());
    assert!(contents(&*db, "a").await.is_empty());
}

pub(super) async fn go_with_their_run(Opened { db, .. }: Opened) {
    for id in ["a", "b"] {
        db.commit(Commit { media: vec![media("same", [1, 2])], ..begin(run(id)) }).await.unwrap();
    }
    assert!(db.delete_run("a").await.unwrap());
    assert!(db.media("a").await.unwrap().is_empty());
    assert_eq!(db.media("b").await.unwrap(), [media("same", [1, 2])]);
    db.commit(begin(run("a"))).await.unwrap();
    assert!(db.media("a").await.unwrap().is_empty(), "nothing comes back with the id");
}

pub(super) async fn go_with_their_session(Opened { db, .. }: Opened) {
    for (id, session_id) in [("a", "s"), ("b", "s"), ("c", "another")] {
        let row = RunRow { session_id: session_id.to_owned(), ..run(id) };
        db.commit(Commit { media: vec![media("same", [1, 2])], ..begin(row) }).await.unwrap();
    }
    assert!(db.delete_session("s").await.unwrap());
    for id in ["a", "b"] {
        assert!(db.media(id).await.unwrap().is_empty());
        db.commit(begin(run(id))).await.unwrap();
        assert!(db.media(id).await.unwrap().is_empty(), "nothing comes back with the id");
    }
    assert_eq!(db.media("c").await.unwrap(), [media("same", [1, 2])], "another session's stay");
    db.commit(stand("c", standing(Status::Completed))).await.unwrap();
    assert_eq!(db.prune(Prune::default()).await.unwrap(), 1);
    assert!(db.media("c").await.unwrap().is_empty(), "they go with a run that is pruned, too");
}

use jiff::Timestamp;

use super::{
    Opened,
    rows::{at, begun, record, run, stand, standing, write},
};
use crate::{
    db::{
        Db,
        rows::{RecordKind, RunFilter, RunRow, Standing},
    },
    workflow::Status,
};

async fn ids(db: &dyn Db, filter: RunFilter) -> Vec<String> {
    db.runs(filter).await.unwrap().into_iter().map(|run| run.run_id).collect()
}

async fn six(db: &dyn Db) {
    for (index, id) in ["a", "b", "c", "d", "e", "f"].into_iter().enumerate() {
        // Two runs begin at once each time; the later ids begin first.
        let created_at = at(10 - index as i64 / 2);
        let session_id = if index % 2 == 0 { "even" } else { "odd" }.to_owned();
        let workflow_id = if index < 4 { "digest" } else { "chat" }.to_owned();
        let user_id = (index == 1 || index == 3).then(|| "ann".to_owned());
        begun(db, RunRow { created_at, session_id, workflow_id, user_id, ..run(id) }).await;
    }
    db.commit(stand("c", standing(Status::Completed))).await.unwrap();
    db.commit(stand("d", standing(Status::Failed))).await.unwrap();
}

pub(super) async fn of_runs_by_everything(Opened { db, .. }: Opened) {
    six(&*db).await;
    let of = async |filter| ids(&*db, filter).await;
    let all = RunFilter::default();
    assert_eq!(of(all.clone()).await, ["e", "f", "c", "d", "a", "b"], "by time, then by id");
    assert_eq!(of(RunFilter { newest_first: true, ..all.clone() }).await, ["b", "a", "d", "c", "f", "e"]);
    assert_eq!(of(RunFilter { user_id: Some("ann".to_owned()), ..all.clone() }).await, ["d", "b"]);
    assert!(of(RunFilter { user_id: Some("bob".to_owned()), ..all.clone() }).await.is_empty());
    assert_eq!(of(RunFilter { session_id: Some("even".to_owned()), ..all.clone() }).await, ["e", "c", "a"]);
    assert_eq!(of(RunFilter { workflow_id: Some("chat".to_owned()), ..all.clone() }).await, ["e", "f"]);
    assert_eq!(of(RunFilter { status: vec![Status::Completed, Status::Failed], ..all.clone() }).await, ["c", "d"]);
    assert_eq!(of(RunFilter { since: Some(at(9)), ..all.clone() }).await, ["c", "d", "a", "b"], "at this time or later");
    assert_eq!(of(RunFilter { before: Some(at(9)), ..all.clone() }).await, ["e", "f"], "before this time");
    assert_eq!(of(RunFilter { limit: Some(2), ..all.clone() }).await, ["e", "f"]);
    assert!(of(RunFilter { limit: Some(0), ..all.clone() }).await.is_empty());
    let several = RunFilter {
        user_id: Some("ann".to_owned()),
        session_id: Some("odd".to_owned()),
        workflow_id: Some("digest".to_owned()),
        status: vec![Status::Running],
        since: Some(at(10)),
        before: Some(at(11)),
        ..all
    };
    assert_eq!(of(several).await, ["b"]);
}

pub(super) async fn of_runs_in_pages(Opened { db, .. }: Opened) {
    six(&*db).await;
    for (newest_first, expected) in [(false, ["e", "f", "c", "d", "a", "b"]), (true, ["b", "a", "d", "c", "f", "e"])] {
        for limit in 1..=7 {
            let mut listed = Vec::new();
            let mut after: Option<(Timestamp, String)> = None;
            loop {
                let page =
                    db.runs(RunFilter { newest_first, after: after.take(), limit: Some(limit), ..RunFilter::default() }).await.unwrap();
                assert!(page.len() <= limit);
                let Some(last) = page.last() else { break };
                after = Some((last.created_at, last.run_id.clone()));
                listed.extend(page.into_iter().map(|run| run.run_id));
            }
            assert_eq!(listed, expected, "in pages of {limit}");
        }
    }
}

pub(super) async fn of_runs_that_are_due(Opened { db, .. }: Opened) {
    for (id, status, due_at) in [
        ("early", Status::Paused, Some(at(5))),
        ("late", Status::Paused, Some(at(6))),
        ("never", Status::Paused, None),
        ("running", Status::Running, Some(at(1))),
        ("failed", Status::Failed, Some(at(1))),
    ] {
        begun(&*db, run(id)).await;
        db.commit(stand(id, Standing { due_at, ..standing(status) })).await.unwrap();
    }
    let due = async |time| ids(&*db, RunFilter { due: Some(time), ..RunFilter::default() }).await;
    assert!(due(at(4)).await.is_empty());
    assert_eq!(due(at(5)).await, ["early"], "at that very time");
    assert_eq!(due(at(6)).await, ["early", "late"]);
    db.commit(stand("early", standing(Status::Paused))).await.unwrap();
    assert_eq!(due(at(6)).await, ["late"], "its deadline is no more");
}

pub(super) async fn of_open_questions(Opened { db, .. }: Opened) {
    six(&*db).await;
    let question = |path: &str| record(path, RecordKind::Question, "Publish?");
    db.commit(write("a", [question("z"), question("review"), record("review", RecordKind::Wake, 1)])).await.unwrap();
    db.commit(write("b", [question("review")])).await.unwrap();
    db.commit(write("e", [question("review")])).await.unwrap();
    db.answer("e", record("review", RecordKind::Answer, "yes")).await.unwrap();
    db.answer("a", record("elsewhere", RecordKind::Answer, "yes")).await.unwrap();
    let of = async |filter| -> Vec<(String, String)> {
        let open = db.questions(filter).await.unwrap();
        assert!(open.iter().all(|(_, record)| record.content.as_ref().is_some_and(|content| content == "Publish?")));
        open.into_iter().map(|(run, record)| (run.run_id, record.path)).collect()
    };
    let pair = |id: &str, path: &str| (id.to_owned(), path.to_owned());
    assert_eq!(of(RunFilter::default()).await, [pair("a", "z"), pair("a", "review"), pair("b", "review")]);
    assert_eq!(of(RunFilter { session_id: Some("odd".to_owned()), ..RunFilter::default() }).await, [pair("b", "review")]);
    assert_eq!(of(RunFilter { newest_first: true, ..RunFilter::default() }).await[0], pair("b", "review"));
}

/// A page has so many runs that have an open question, however many others are between them.
pub(super) async fn of_open_questions_in_pages(Opened { db, .. }: Opened) {
    six(&*db).await;
    let question = |path: &str| record(path, RecordKind::Question, "Publish?");
    for (id, paths) in [("a", &["x", "y"][..]), ("c", &["done"]), ("d", &["x"]), ("f", &["answered", "x"])] {
        db.commit(write(id, paths.iter().map(|path| question(path)).collect::<Vec<_>>()))
            .await
            .unwrap_or_else(|error| panic!("{id}: {error}"));
    }
    for (id, path) in [("c", "done"), ("f", "answered")] {
        db.answer(id, record(path, RecordKind::Answer, "yes")).await.unwrap();
    }
    for (newest_first, expected) in [(false, ["f x", "d x", "a x", "a y"]), (true, ["a x", "a y", "d x", "f x"])] {
        for limit in 1..=4 {
            let (mut listed, mut after) = (Vec::new(), None);
            loop {
                let filter = RunFilter { newest_first, after, limit: Some(limit), ..RunFilter::default() };
                let page = db.questions(filter).await.unwrap();
                let Some((last, _)) = page.last() else { break };
                after = Some((last.created_at, last.run_id.clone()));
                let mut runs: Vec<_> = page.iter().map(|(run, _)| run.run_id.as_str()).collect();
                runs.dedup();
                assert!(runs.len() <= limit, "{runs:?} in a page of {limit}");
                listed.extend(page.into_iter().map(|(run, record)| format!("{} {}", run.run_id, record.path)));
            }
            assert_eq!(listed, expected, "in pages of {limit}");
        }
    }
    assert!(db.questions(RunFilter { limit: Some(0), ..RunFilter::default() }).await.unwrap().is_empty());
}

use serde_json::json;

use super::{
    Opened,
    rows::{at, begun, ended, run, stand, standing},
};
use crate::{
    db::rows::{RunRow, Standing, Turn},
    workflow::Status,
};

pub(super) async fn has_completed_runs_oldest_first(Opened { db, .. }: Opened) {
    for (id, seconds, status) in
        [("d", 4, Status::Completed), ("c", 3, Status::Failed), ("b", 2, Status::Paused), ("a", 1, Status::Cancelled)]
    {
        ended(&*db, RunRow { created_at: at(seconds), input: json!(id), ..run(id) }, status).await;
    }
    for (id, seconds) in [("y", 6), ("x", 5)] {
        begun(&*db, RunRow { created_at: at(seconds), input: json!(id), ..run(id) }).await;
        db.commit(stand(id, Standing { output: Some(json!({ "of": id })), ..standing(Status::Completed) })).await.unwrap();
    }
    begun(&*db, run("running")).await;
    ended(&*db, RunRow { session_id: "another".to_owned(), ..run("another's") }, Status::Completed).await;
    let turn = |id: &str, output| Turn { run_id: id.to_owned(), input: json!(id), output };
    let all = [turn("d", json!({ "title": "Rust" })), turn("x", json!({ "of": "x" })), turn("y", json!({ "of": "y" }))];
    assert_eq!(db.history("s", None).await.unwrap(), all);
    assert_eq!(db.history("s", Some(2)).await.unwrap(), all[1..]);
    assert_eq!(db.history("s", Some(9)).await.unwrap(), all);
    assert!(db.history("s", Some(0)).await.unwrap().is_empty());
}

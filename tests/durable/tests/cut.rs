//! Runs that are cut and paused in this process.

use agno::{
    InMemoryDb, SqliteDb,
    prelude::*,
    testing::{Answers, crash_matrix_with},
};
use agno_durable::{Everything, answers, effects_here, everything};

const TEXT: &str = "a few words here";

#[tokio::test(start_paused = true)]
async fn a_run_may_be_cut_at_every_write() {
    let report = crash_matrix_with(&everything(InMemoryDb::new()), TEXT.to_owned(), &answers()).await;
    assert!(report.writes > 20, "{report:?}");
    assert_eq!(report.resumed + report.begun_anew, 2 * report.writes);
}

#[tokio::test]
async fn a_run_pauses_and_goes_on_elsewhere() {
    let folder = tempfile::tempdir().expect("there is a place");
    let open = || SqliteDb::open(folder.path().join("agno.db"));
    let first = everything(open().await.expect("it opens"));
    let Outcome::Paused(paused) = first.run(TEXT).session("s").outcome().await.expect("it runs") else { panic!("it asks") };
    assert_eq!(paused.questions()[0].path, "asks/go_on");
    let run_id = paused.run_id().to_owned();
    drop(first);

    let second = everything(open().await.expect("it opens"));
    let stored = second.get_run(&run_id).await.expect("it answers").expect("it is there");
    assert_eq!((stored.status, stored.questions.len()), (Status::Paused, 1));
    let error = second.answer_json(&run_id, "go_on", "maybe").await.expect_err("is no bool");
    assert!(matches!(error, RunError::InvalidAnswer { .. }), "{error}");
    let out = second.answer(&run_id, "go_on", true).await.expect("it goes on");
    let whole = Answers::new().answer("go_on", true).run(everything(InMemoryDb::new()).run(TEXT)).await;
    let Ok(Outcome::Completed(whole)) = whole else { panic!("{whole:?}") };
    assert_eq!((&out.content, out.files().count()), (&whole.content, whole.files().count()));
    let effects = effects_here(&run_id);
    assert!(effects.iter().all(|(path, times)| *times == 1 + usize::from(path == "fails_first")), "{effects:?}");
    let again = second.resume(&run_id).await.expect("it has ended");
    assert_eq!(again.content, out.content);
    let stored = second.get_run(&run_id).await.expect("it answers").expect("it is there").into_typed::<Everything>().expect("it is one");
    assert_eq!(stored.content, out.content);
    assert_eq!(second.last_run("s").await.expect("it answers").expect("there is one").run_id, stored.run_id);
}

//! Runs that are cut and paused in this process.

use std::task::Poll;

use agno::{
    Durability, InMemoryDb, SqliteDb,
    prelude::*,
    testing::{Answers, Doomed, crash_matrix_with},
};
use agno_durable::{
    Everything, Words, answers, effects_here, everything,
    rest::{self, rest},
};

const TEXT: &str = "a few words here";

#[tokio::test(start_paused = true)]
async fn a_run_may_be_cut_at_every_write() {
    let report = crash_matrix_with(&everything(InMemoryDb::new()), TEXT.to_owned(), &answers()).await;
    assert!(report.writes > 20, "{report:?}");
    assert_eq!(report.resumed + report.begun_anew, 2 * report.writes);
}

#[tokio::test(start_paused = true)]
async fn the_rest_may_be_cut_at_every_write() {
    let report = crash_matrix_with(&rest(InMemoryDb::new(), Durability::Step), TEXT.to_owned(), &rest::answers()).await;
    assert!(report.writes > 20, "{report:?}");
    let late = crash_matrix_with(&rest(InMemoryDb::new(), Durability::Run), TEXT.to_owned(), &rest::answers()).await;
    assert!(late.writes > 5 && late.writes < report.writes / 2, "{late:?}");
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

/// A run to its end.
async fn completed(workflow: &Everything) -> RunOutput<String, String> {
    match answers().run(workflow.run(TEXT)).await {
        Ok(Outcome::Completed(run)) => run,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_run_begins_at_a_node_of_another() {
    let workflow = everything(InMemoryDb::new());
    let first = completed(&workflow).await;
    let Ok(Outcome::Completed(again)) = answers().run(workflow.retry_from(&*first.run_id, "fails_first")).await else {
        panic!("it completes")
    };
    assert_ne!(again.run_id, first.run_id);
    // The session's state has gone on: nine words were seen before, and five more now.
    assert_eq!((&**first.content, &**again.content), ("FEW. WORDS. HERE. MORE. MORE 5 true 9", "FEW. WORDS. HERE. MORE. MORE 5 true 14"));
    let effects = effects_here(&again.run_id);
    assert_eq!(
        (effects.get("fails_first"), effects.get("sum"), effects.get("grow/growing[0]/add_one"), effects.get("split")),
        (Some(&2), Some(&1), None, None)
    );
    assert!(workflow.get_run(&*first.run_id).await.expect("it answers").expect("is there").has_completed(), "nothing of the other changes");

    let error = workflow.retry_from(&*first.run_id, "nowhere").await.expect_err("is no node");
    assert!(error.to_string().contains("nothing at `nowhere`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_run_is_forked_with_another_value() {
    let workflow = everything(InMemoryDb::new());
    let first = completed(&workflow).await;
    let other = workflow.fork(&*first.run_id, "grow/copied", |_: Words| Words(vec!["other".to_owned()]));
    let Ok(Outcome::Completed(other)) = answers().run(other).await else { panic!("it completes") };
    assert_eq!(*other.content, "OTHER 1 true 10");
    let answered = workflow.fork(&*first.run_id, "asks/go_on", |_: bool| false).await.expect("nobody is asked again");
    assert_eq!(*answered.content, "FEW. WORDS. HERE. MORE. MORE 5 false 15");
    let error = workflow.fork(&*first.run_id, "grow/copied", |number: u32| number).await.expect_err("are words");
    assert!(error.to_string().contains("cannot be changed so"), "{error}");
}

workflow! {
    Slow(text: String) -> bool {
        ask sure: bool = "Sure?" with (timeout = "24h", default = false);
    }
}

#[tokio::test(start_paused = true)]
async fn timers_are_served() {
    let db = InMemoryDb::new();
    let workflow = Slow::builder().db(db.clone()).build();
    let Ok(Outcome::Paused(paused)) = workflow.run("a").outcome().await else { panic!("it asks") };
    let ended = async {
        loop {
            // Read from the store: who asks the workflow applies the deadline himself.
            if db.run(paused.run_id()).await.expect("it answers").expect("is there").standing.status == Status::Completed {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_secs(600)).await;
        }
    };
    let began = tokio::time::Instant::now();
    tokio::select! {
        served = workflow.serve_timers() => panic!("it ends: {served:?}"),
        ended = tokio::time::timeout(std::time::Duration::from_secs(48 * 3600), ended) => ended.expect("the default is the answer"),
    }
    assert!(began.elapsed() >= std::time::Duration::from_secs(23 * 3600));
}

/// Polls a run so many times, and drops it if it has not ended then.
async fn polled<T>(run: impl Future<Output = T>, mut times: usize) -> Option<T> {
    let mut run = std::pin::pin!(run);
    std::future::poll_fn(|cx| {
        if times == 0 {
            return Poll::Ready(None);
        }
        times -= 1;
        run.as_mut().poll(cx).map(Some)
    })
    .await
}

#[tokio::test]
async fn a_run_may_be_dropped_whenever_it_waits() {
    let folder = tempfile::tempdir().expect("there is a place");
    let workflow = everything(SqliteDb::open(folder.path().join("agno.db")).await.expect("it opens"));
    for times in 0.. {
        let run = || workflow.run(TEXT).run_id(format!("run-{times}"));
        let dropped = polled(run().outcome(), times).await;
        // Whoever begins it again, or takes it on, and is dropped, has let it go as well.
        _ = polled(run().outcome(), times).await;
        let patience = std::time::Duration::from_secs(20);
        let ended = tokio::time::timeout(patience, answers().run(run())).await.expect("nobody holds it");
        assert!(matches!(&ended, Ok(Outcome::Completed(_))), "{times}: {ended:?}");
        if dropped.is_some() {
            assert!(times > 20, "it waited {times} times");
            break;
        }
    }
}

#[derive(Debug, schemars::JsonSchema)]
struct Tool;

#[step]
async fn uses(text: &str, #[extra] _tool: &Tool) -> String {
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    text.to_owned()
}

workflow! {
    Uses(text: String) -> String {
        extra tool: Tool;
        uses;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_needs_its_extra_does_not_keep_others_from_being_recovered() {
    let workflow = Uses::builder().db(InMemoryDb::new()).build();
    assert!(polled(workflow.run("a").run_id("a").extra(Tool).outcome(), 1).await.is_none());
    assert!(workflow.recover().await.expect("it is left as it is").is_empty());
    let out = workflow.resume("a").extra(Tool).await.expect("it is given again");
    assert_eq!(*out.content, "a");
}

#[step(effect = once)]
async fn post(text: &str) -> String {
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    format!("{text}: posted")
}

workflow! {
    Posting(text: String) -> String { post; }
}

#[tokio::test(start_paused = true)]
async fn a_once_step_that_was_cut_is_given_its_value() {
    let db = InMemoryDb::new();
    let cut = Posting::builder().db(Doomed::new(db.clone())).build();
    assert!(polled(cut.run("letter").run_id("cut").outcome(), 1).await.is_none());
    let wf = Posting::builder().db(db).build();
    let Outcome::Paused(paused) = wf.resume("cut").outcome().await.expect("it asks") else { panic!("nobody knows whether it was posted") };
    assert_eq!(paused.questions()[0].path, "post/error");
    let out = wf.fork("cut", "post", |_: Option<String>| Some("letter: posted by hand".to_owned())).await.expect("it goes on");
    assert_eq!(*out.content, "letter: posted by hand");
    let error = wf.fork("cut", "post", |_: String| String::new()).await.expect_err("there was none");
    assert!(error.to_string().contains("cannot be changed so"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_session_is_not_deleted_under_a_run() {
    let wf = Posting::builder().db(InMemoryDb::new()).build();
    let handle = wf.run("letter").session("s").run_id("at work").background().await.expect("it begins");
    let error = wf.sessions().delete("s").await.expect_err("it runs");
    assert!(error.to_string().contains("run `at work` runs; cancel it"), "{error}");
    wf.cancel("at work").await.expect("it is cancelled");
    handle.wait().await.expect_err("it was cancelled");
    assert!(wf.sessions().delete("s").await.expect("it goes"));
    assert!(wf.get_run("at work").await.expect("it answers").is_none());
}

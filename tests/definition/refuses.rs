//! Changes of what is recorded: the run stays as it is, and who takes it on is told what to do.

use super::*;
use crate::changed;

mod first {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        inc;
        ask review: u32 = "How many?";
        add(inc, review);
    } }
}

mod reordered {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        inc;
        double;
        ask review: u32 = "How many?";
        add(inc, review);
    } }
}

mod removed {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        ask review: u32 = "How many?";
        add(double, review);
    } }
}

mod renamed_without_a_word {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double as twice;
        inc;
        ask review: u32 = "How many?";
        add(inc, review);
    } }
}

mod inserted {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        double as again;
        inc;
        ask review: u32 = "How many?";
        add(inc, review);
    } }
}

mod question_removed {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        inc;
    } }
}

mod other_kind {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        steps double { inc as twice; }
        inc;
        ask review: u32 = "How many?";
        add(inc, review);
    } }
}

#[tokio::test]
async fn reordered() {
    let (run_id, flow) = changed!(first::Flow => reordered::Flow, 3_u32);
    let (path, reason) = refused(flow.answer(&run_id, "review", 4_u32).await);
    assert_eq!(path, "inc");
    assert!(
        reason.starts_with(
            "`inc` stands before `double` now, and stood after it, and the run has recorded `double`; put it back where it was"
        ),
        "{reason}"
    );
    assert!(ran().is_empty());
    // It is paused as before, and has no answer.
    let stored = flow.get_run(&run_id).await.expect("reads").expect("is there");
    assert_eq!((stored.status, stored.questions.len()), (Status::Paused, 1));
}

#[tokio::test]
async fn removed() {
    let (run_id, flow) = changed!(first::Flow => removed::Flow, 3_u32);
    let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert_eq!(path, "inc");
    assert!(
        reason.contains("`inc` is gone, and the run has recorded `inc`; put it back") && reason.contains("start the run anew"),
        "{reason}"
    );
}

#[tokio::test]
async fn what_looks_renamed_is_told_so() {
    let (run_id, flow) = changed!(first::Flow => renamed_without_a_word::Flow, 3_u32);
    let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
    // Two reasons: `twice` stands before what is recorded, and `double` is gone.
    assert_eq!(path, "twice");
    assert!(reason.contains(r##"if `twice` is the same node, write `#[was("double")]` above it"##), "{reason}");
}

#[tokio::test]
async fn inserted_before_what_is_recorded() {
    let (run_id, flow) = changed!(first::Flow => inserted::Flow, 3_u32);
    let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert_eq!(path, "again");
    assert!(reason.starts_with("`again` is new, and stands before `inc`, and the run has recorded `inc`"), "{reason}");
}

#[tokio::test]
async fn an_open_question_is_removed() {
    let (run_id, flow) = changed!(first::Flow => question_removed::Flow, 3_u32);
    let (path, _) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert_eq!(path, "review");
}

#[tokio::test]
async fn another_kind() {
    let (run_id, flow) = changed!(first::Flow => other_kind::Flow, 3_u32);
    let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert_eq!(path, "double");
    assert!(reason.contains("`double` was a step, and is `steps`"), "{reason}");
}

#[tokio::test]
async fn who_resumes_is_told_before_he_answers() {
    let (run_id, flow) = changed!(first::Flow => removed::Flow, 3_u32);
    let (path, _) = refused(flow.resume(run_id).await);
    assert_eq!(path, "inc");
}

#[tokio::test]
async fn what_cannot_go_on_can_be_cancelled() {
    let (run_id, flow) = changed!(first::Flow => removed::Flow, 3_u32);
    flow.cancel(&run_id).await.expect("is cancelled");
    let stored = flow.get_run(&run_id).await.expect("reads").expect("is there");
    assert_eq!(stored.status, Status::Cancelled);
}

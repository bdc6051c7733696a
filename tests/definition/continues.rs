//! Changes that concern nothing that is recorded.

use super::*;
use crate::changed;

mod first {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        ask review: u32 = "How many?";
        add(double, review);
    } }
}

/// Documentation, labels, options, order of arguments in texts: nothing that counts.
mod documented {
    use super::*;

    workflow! {
        /// Doubles, and asks.
        pub(crate) Flow(number: u32) -> u32 with (id = "flow", name = "The flow", store_events, history = 3) {
            /// Twice as much.
            double with (retry = 3, label = "Doubling", timeout = "10s");
            ask review: u32 = "How many, please?" with (timeout = "24h", default = 1);
            add(double, review) with (on_error = pause);
        }
    }
}

#[tokio::test]
async fn documentation_labels_and_options_do_not_count() {
    assert_eq!(first::Flow::PLAN.fingerprint(), documented::Flow::PLAN.fingerprint());
    let (run_id, flow) = changed!(first::Flow => documented::Flow, 3_u32);
    let run = flow.answer(run_id, "review", 4_u32).await.expect("goes on");
    assert_eq!((*run.content, ran()), (10, vec!["add"]));
}

mod extended {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        double;
        ask review: u32 = "How many?";
        inc(review);
        add(double, inc) as sum;
        double(sum) as twice;
    } }
}

#[tokio::test]
async fn what_is_not_recorded_yet_may_change() {
    let (run_id, flow) = changed!(first::Flow => extended::Flow, 3_u32);
    let run = flow.answer(&run_id, "review", 4_u32).await.expect("goes on");
    assert_eq!((*run.content, ran()), (22, vec!["inc", "add", "double"]));
    // From now on it is a run of the new definition.
    let stored = flow.get_run(&run_id).await.expect("reads").expect("is there");
    assert_eq!(stored.steps.iter().map(agno::StepResult::path).collect::<Vec<_>>(), ["double", "review", "inc", "sum", "twice"]);
}

/// `add` and `review` have changed places with others, and none of them is recorded.
mod reordered_behind {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "behind") {
        double;
        ask review: u32 = "How many?";
        steps rest { add(double, review); inc; }
    } }
}

mod before_reordered_behind {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "behind") {
        double;
        ask review: u32 = "How many?";
        inc;
        steps rest { double(inc) as again; }
    } }
}

#[tokio::test]
async fn a_container_that_nothing_is_recorded_in_may_change() {
    let (run_id, flow) = changed!(before_reordered_behind::Flow => reordered_behind::Flow, 3_u32);
    assert_eq!(*flow.answer(run_id, "review", 4_u32).await.expect("goes on").content, 11);
}

/// Another step runs at a node of the same name and type: its record stays what it is.
mod other_step {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        inc as double;
        ask review: u32 = "How many?";
        add(double, review);
    } }
}

#[tokio::test]
async fn a_record_does_not_depend_on_which_step_gave_it() {
    assert_ne!(first::Flow::PLAN.fingerprint(), other_step::Flow::PLAN.fingerprint());
    let (run_id, flow) = changed!(first::Flow => other_step::Flow, 3_u32);
    assert_eq!(*flow.answer(run_id, "review", 4_u32).await.expect("goes on").content, 10);
}

#[tokio::test]
async fn a_completed_run_gives_its_output_whatever_has_changed() {
    let db = InMemoryDb::new();
    let old = first::Flow::builder().db(db.another_owner()).build();
    let waits = paused(old.run(3_u32).outcome().await);
    let run_id = waits.run_id();
    old.answer(run_id, "review", 4_u32).await.expect("completes");
    let other = other_step::Flow::builder().db(db).build();
    assert_eq!(*other.resume(run_id).await.expect("is completed").content, 10);
}

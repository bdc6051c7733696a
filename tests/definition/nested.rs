//! Nested workflows, recursion, children of steps, failures.

use agno::StepResult;

use super::*;
use crate::{changed, support::paths};

mod first {
    use super::*;

    workflow! { pub(crate) Inner(n: u32) -> u32 with (id = "inner") { double; ask review: u32 = "How many?"; add(double, review); } }
    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") { inc; Inner; } }
}

mod renamed {
    use super::*;

    workflow! { pub(crate) Inside(n: u32) -> u32 with (id = "inner") {
        #[was("double")]
        double as twice;
        #[was("review")]
        ask decision: u32 = "How many?";
        add(twice, decision);
        inc;
    } }
    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
        inc;
        #[was("inner")]
        Inside;
        double;
    } }
}

mod removed {
    use super::*;

    workflow! { pub(crate) Inner(n: u32) -> u32 with (id = "inner") { ask review: u32 = "How many?"; } }
    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") { inc; Inner; } }
}

mod a_step {
    use super::*;

    workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") { inc; double as inner; } }
}

#[tokio::test]
async fn what_is_in_a_nested_workflow_is_renamed_and_extended() {
    let (run_id, flow) = changed!(first::Flow => renamed::Flow, 3_u32);
    let run = flow.answer(run_id, "inside/decision", 4_u32).await.expect("goes on");
    assert_eq!((*run.content, ran()), (26, vec!["add", "inc", "double"]));
    assert_eq!(paths(&run.steps), ["inc", "inside/twice", "inside/decision", "inside/add", "inside/inc", "inside", "double"]);
}

#[tokio::test]
async fn what_is_gone_in_a_nested_workflow() {
    let (run_id, flow) = changed!(first::Flow => removed::Flow, 3_u32);
    let (path, _) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert_eq!(path, "inner/double");
}

#[tokio::test]
async fn a_nested_workflow_that_is_a_step_now() {
    let (run_id, flow) = changed!(first::Flow => a_step::Flow, 3_u32);
    let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert!(path == "inner" && reason.contains("`inner` was a nested workflow, and is a step"), "{path}: {reason}");
}

/// A workflow that nests itself.
mod recursion {
    use super::*;

    #[step]
    fn less(n: &u32) -> u32 {
        note("less");
        n - 1
    }

    pub(crate) mod first {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            less;
            condition more (|n| *n > 0) { Flow; } else { ask review: u32 = "How many?"; }
            inc;
        } }
    }

    pub(crate) mod renamed {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            #[was("less")]
            less as fewer;
            #[was("more")]
            condition again (|n| *n > 0) { Flow; } else { ask review: u32 = "How many?"; }
            inc;
        } }
    }

    /// Each of them waits after the one in it has ended.
    pub(crate) mod first_that_waits {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            less;
            condition more (|n| *n > 0) { Flow; }
            ask review: u32 = "How many?";
        } }
    }

    pub(crate) mod longer {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            less;
            condition more (|n| *n > 0) { Flow; }
            ask review: u32 = "How many?";
            inc;
        } }
    }

    pub(crate) mod reordered {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            inc;
            less;
            condition more (|n| *n > 0) { Flow; } else { ask review: u32 = "How many?"; }
        } }
    }
}

#[tokio::test]
async fn recursion_is_followed_as_deep_as_it_went() {
    let (run_id, flow) = changed!(recursion::first::Flow => recursion::renamed::Flow, 3_u32);
    let run = flow.answer(run_id, "review", 10_u32).await.expect("goes on");
    assert_eq!((*run.content, ran()), (13, vec!["inc", "inc", "inc"]));
    assert!(run.steps.at("again/flow/again/flow/fewer").is_some(), "{:?}", paths(&run.steps));
}

#[tokio::test]
async fn an_order_that_changed_in_it() {
    let (run_id, flow) = changed!(recursion::first::Flow => recursion::reordered::Flow, 3_u32);
    let (path, _) = refused(flow.answer(run_id, "review", 4_u32).await);
    assert_eq!(path, "inc");
}

#[tokio::test]
async fn a_node_that_is_new_where_it_has_closed_and_where_it_has_not() {
    let (run_id, flow) = changed!(recursion::first_that_waits::Flow => recursion::longer::Flow, 1_u32);
    assert_eq!(*flow.answer(run_id, "review", 4_u32).await.expect("goes on").content, 5);

    let db = InMemoryDb::new();
    let old = recursion::first_that_waits::Flow::builder().db(db.another_owner()).build();
    let waits = paused(old.run(2_u32).outcome().await);
    paused(old.answer(waits.run_id(), "review", 4_u32).outcome().await);
    drop(old);
    let flow = recursion::longer::Flow::builder().db(db).build();
    let (path, reason) = refused(flow.answer(waits.run_id(), "review", 4_u32).await);
    assert!(path == "inc" && reason.contains("the run has closed `more/flow`"), "{path}: {reason}");
}

/// A step that runs children of its own, and waits for one of them.
mod children {
    use super::*;

    #[step]
    async fn plan(n: &u32, ctx: &StepContext) -> Result<u32, StepError> {
        let twice = ctx.step::<double>(*n).await?;
        Ok(*ctx.call(&super::first::Inner::new(), *twice).await?)
    }

    pub(crate) mod first {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") { inc; plan; } }
    }

    pub(crate) mod renamed {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            inc;
            #[was("plan")]
            plan as prepare;
        } }
    }
}

#[tokio::test]
async fn children_of_a_step_move_with_it() {
    let (run_id, flow) = changed!(children::first::Flow => children::renamed::Flow, 3_u32);
    let run = flow.answer(run_id, "review", 4_u32).await.expect("goes on");
    assert_eq!((*run.content, ran()), (20, vec!["add"]));
    let all = paths(&run.steps);
    assert!(all.contains(&"prepare".to_owned()) && all.iter().all(|path| path != "plan" && !path.starts_with("plan/")), "{all:?}");
}

/// A node that fails as long as it is told to.
mod failing {
    use super::*;

    thread_local! {
        pub(super) static FAILS: std::cell::Cell<bool> = const { std::cell::Cell::new(true) };
    }

    #[step]
    fn fragile(n: &u32) -> Result<u32, std::io::Error> {
        if FAILS.get() { Err(std::io::Error::other("fragile")) } else { Ok(*n) }
    }

    pub(crate) mod first {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") { steps group { double; fragile; } } }
        workflow! { pub(crate) Asks(n: u32) -> u32 with (id = "asks") { steps group { double; fragile with (on_error = pause); } } }
    }

    pub(crate) mod renamed {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            #[was("group")]
            steps all {
                #[was("double")]
                double as twice;
                inc;
                fragile;
            }
        } }
        workflow! { pub(crate) Asks(n: u32) -> u32 with (id = "asks") {
            #[was("group")]
            steps all {
                double;
                #[was("fragile")]
                fragile as weak with (on_error = pause);
            }
        } }
    }
}

#[tokio::test]
async fn what_failed_is_no_record() {
    let db = InMemoryDb::new();
    let old = failing::first::Flow::builder().db(db.another_owner()).build();
    let failed = old.run(3_u32).await.expect_err("fails");
    let run_id = failed.run_id().expect("there is a run").to_owned();
    drop(old);
    ran();
    failing::FAILS.set(false);
    // So something may be put before it.
    let run = failing::renamed::Flow::builder().db(db).build().resume(&run_id).await.expect("goes on");
    assert_eq!((*run.content, ran()), (7, vec!["inc"]));
    assert_eq!(paths(&run.steps), ["all/twice", "all/inc", "all/fragile", "all"]);
}

#[tokio::test]
async fn a_question_about_a_failure_moves_with_its_node() {
    let (run_id, flow) = changed!(failing::first::Asks => failing::renamed::Asks, 3_u32);
    failing::FAILS.set(false);
    let stored = flow.get_run(&run_id).await.expect("reads").expect("is there");
    assert_eq!(stored.questions[0].path, "group/fragile/error");
    let run = flow.answer(&run_id, "all/weak/error", ErrorDecision::Retry).await.expect("goes on");
    assert_eq!((*run.content, ran()), (6, vec![]));
    assert_eq!(run.steps.iter().map(StepResult::path).collect::<Vec<_>>(), ["all/double", "all/weak/error", "all/weak", "all"]);
}

//! Changes of containers that have begun or closed.

use super::*;
use crate::changed;

/// A workflow that waits in its last node, with something before.
macro_rules! flow {
    ($name:ident { $($node:tt)* }) => {
        mod $name {
            use super::*;

            workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") { $($node)* ask review: u32 = "How many?"; } }
        }
    };
}

/// A change is refused at a path, for a reason.
macro_rules! refuses {
    ($name:ident: $old:ident => $new:ident, $path:literal, $reason:literal) => {
        #[tokio::test]
        async fn $name() {
            let (run_id, flow) = changed!($old::Flow => $new::Flow, 3_u32);
            let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
            assert_eq!(path, $path);
            assert!(reason.contains($reason), "{reason}");
            assert!(ran().is_empty());
        }
    };
}

/// A run goes on, and runs nothing again.
macro_rules! goes_on {
    ($name:ident: $old:ident => $new:ident) => {
        #[tokio::test]
        async fn $name() {
            let (run_id, flow) = changed!($old::Flow => $new::Flow, 3_u32);
            assert_eq!(*flow.answer(run_id, "review", 4_u32).await.expect("goes on").content, 4);
            assert!(ran().is_empty());
        }
    };
}

flow! { parallel { parallel both { double; inc; } add; } }
flow! { more_branches { parallel both { double; inc; double as again; } map |a, b, _c| a + b; } }
flow! { branches_in_another_order { parallel both { inc; double; } add; } }
flow! { fewer_branches { parallel both { double; } inc as add; } }

refuses!(a_new_branch: parallel => more_branches, "both/again", "is a new branch of `both`, and the run has recorded `both`");
refuses!(a_branch_that_is_gone: parallel => fewer_branches, "both/inc", "`both/inc` is gone");
goes_on!(branches_stand_side_by_side: parallel => branches_in_another_order);

flow! { loop_of_two { loop grow (max = 2) { inc; } } }
flow! { loop_of_three { loop grow (max = 3) { inc; } } }
flow! { loop_from_the_start { loop grow (max = 2, restart) { inc; } } }
flow! { loop_that_fails { loop grow (max = 2, on_max = accept, timeout = "10s") { inc with (retry = 2); } } }
flow! { longer_body { loop grow (max = 2) { inc; double; } } }
flow! { loop_until { loop grow (max = 2, until = is_big) { inc; } } }

refuses!(max: loop_of_two => loop_of_three, "grow", "`max` of `grow` was 2, and is 3");
refuses!(restart: loop_of_two => loop_from_the_start, "grow", "`restart` of `grow` was false, and is true");
refuses!(a_node_in_an_iteration_that_is_over: loop_of_two => longer_body, "grow/double", "`grow/double` is new, and the run has closed `grow[0]`");
refuses!(an_until: loop_of_two => loop_until, "grow", "`until` of `grow` was not there, and is there");
goes_on!(other_options: loop_of_two => loop_that_fails);

flow! { passes { condition big (is_big) { inc; } } }
flow! { other_side { condition big (is_big) { inc; } else { double; } } }
flow! { another_body { condition big (is_big) { inc; double; } } }
flow! { sides { condition big (is_big) { inc; } else { double; } } }
flow! { sides_with_another_else { condition big (is_big) { inc; } else { inc as more; double; } } }

refuses!(another_side: passes => other_side, "big", "the other side of `big` was not there, and is a block");
refuses!(a_node_in_a_side_that_is_over: passes => another_body, "big/double", "the run has closed `big`");
goes_on!(the_side_that_was_not_taken: sides => sides_with_another_else);

mod sizes_of {
    use super::*;

    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub(super) enum Size {
        Small,
        Big,
        Huge,
    }

    #[step]
    pub(super) fn size(n: &u32) -> Size {
        match n {
            0..3 => Size::Small,
            3..9 => Size::Big,
            _ => Size::Huge,
        }
    }

    #[step]
    pub(super) fn sizes(_n: &u32) -> Vec<Size> {
        vec![Size::Small, Size::Big]
    }
}
use sizes_of::{Size, size, sizes};

flow! { router { router by_size (size) { Size::Small => inc, Size::Big | Size::Huge => double, } } }
flow! { more_arms { router by_size (size) { Size::Small => inc, Size::Big => double, Size::Huge => inc, } } }
flow! { another_arm { router by_size (size) { Size::Small => { inc; double; } Size::Big | Size::Huge => double, } } }
flow! { arms_in_another_order { router by_size (size) { Size::Big | Size::Huge => double, Size::Small => inc, } } }
flow! { longer_arm { router by_size (size) { Size::Small => inc, Size::Big | Size::Huge => { double; inc; } } } }
flow! { many { router by_size (sizes, many) { Size::Small => inc, Size::Big | Size::Huge => double, } } }
flow! { many_renamed {
    router by_size (sizes, many) {
        Size::Small => {
            #[was("inc")]
            inc as more;
        }
        Size::Big | Size::Huge => double,
    }
} }

refuses!(a_new_arm: router => more_arms, "by_size", "`by_size` has a new branch");
refuses!(the_order_of_arms: router => arms_in_another_order, "by_size", "the order of the arms of `by_size` was `Size::Small`, `Size::Big | Size::Huge`");
refuses!(an_arm_that_is_over: router => longer_arm, "by_size/inc", "the run has closed `by_size`");
refuses!(many_instead_of_one: router => many, "by_size", "`many` of `by_size` was false, and is true");
goes_on!(the_arm_that_was_not_taken: router => another_arm);

#[tokio::test]
async fn names_in_chosen_arms_are_renamed() {
    let (run_id, flow) = changed!(many::Flow => many_renamed::Flow, 3_u32);
    let run = flow.answer(run_id, "review", 4_u32).await.expect("goes on");
    assert!(run.steps.at("by_size/many[0]/more").is_some() && ran().is_empty());
}

flow! { group { steps both { double; inc; } } }
flow! { as_parallel { parallel both { double; inc; } add; } }
flow! { reordered_in_it { steps both { inc; double; } } }
flow! { group_of_more { steps both { double; inc; double as again; } } }

refuses!(a_container_of_another_kind: group => as_parallel, "both", "`both` was `steps`, and is a `parallel`");
refuses!(an_order_in_a_container: group => reordered_in_it, "both/inc", "stands before `both/double` now");
refuses!(after_the_last_node_of_a_container_that_is_over: group => group_of_more, "both/again", "the run has closed `both`");

/// The same where the run waits in the container: it has begun, and has not closed.
mod open {
    use super::*;

    mod group {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            steps both { double; ask review: u32 = "How many?"; }
        } }
    }

    mod longer {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            steps both { double; ask review: u32 = "How many?"; add(double, review); }
        } }
    }

    mod parallel {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            parallel both { double; ask review: u32 = "How many?"; }
            add;
        } }
    }

    mod more_branches {
        use super::*;

        workflow! { pub(crate) Flow(n: u32) -> u32 with (id = "flow") {
            parallel both { double; ask review: u32 = "How many?"; inc; }
            map |a, b, _c| a + b;
        } }
    }

    #[tokio::test]
    async fn after_the_last_record_of_a_container_that_is_open() {
        let (run_id, flow) = changed!(group::Flow => longer::Flow, 3_u32);
        assert_eq!(*flow.answer(run_id, "review", 4_u32).await.expect("goes on").content, 10);
        assert_eq!(ran(), ["add"]);
    }

    #[tokio::test]
    async fn a_new_branch_of_a_container_that_is_open() {
        let (run_id, flow) = changed!(parallel::Flow => more_branches::Flow, 3_u32);
        let (path, reason) = refused(flow.answer(run_id, "review", 4_u32).await);
        assert_eq!(path, "both/inc");
        assert!(reason.contains("is a new branch of `both`"), "{reason}");
    }
}

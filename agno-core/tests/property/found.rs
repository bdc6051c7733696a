//! What random plans have found, each by itself.

use std::sync::Arc;

use crate::{
    generate::{Case, Cut},
    in_memory,
    tree::{Access, Ask, Block, Child, Fails, Kind, OnError, Part, Step, visit},
};

/// A plan whose person decides `Retry`, then `Fail`, at `node0`.
fn case(mut tree: Block) -> Case {
    let mut id = 0;
    visit(&mut tree, &mut |part| {
        part.id = id;
        id += 1;
    });
    Case { tree, cuts: Vec::new(), by_step: true, person: 0 }
}

fn step(step: Step) -> Kind {
    Kind::Step(Arc::new(step))
}

fn part(kind: Kind) -> Part {
    Part::new(kind, OnError::Fail)
}

/// A node whose failures a person decides about.
fn asks(kind: Kind) -> Part {
    Part::new(kind, OnError::Pause)
}

/// Dies at each of its writes in turn, once in every leg up to `legs`.
fn dies_everywhere(case: &Case, legs: usize) {
    for leg in 0..legs {
        for write in 0..12 {
            for made in [false, true] {
                let spared = std::iter::repeat_n(Cut::Spares, leg);
                let cuts = spared.chain([Cut::Dies { write, made }]).collect();
                let case = Case { cuts, ..case.clone() };
                in_memory(case.clone()).unwrap_or_else(|error| panic!("{:?}: {error}", case.cuts));
            }
        }
    }
}

#[test]
fn one_commit_changes_a_state_twice() {
    let changes = || part(step(Step { access: Access::Changes, ..Step::default() }));
    for by_step in [false, true] {
        in_memory(Case { by_step, ..case(vec![changes(), changes()]) }).expect("the state is the last one's");
    }
}

#[test]
fn what_runs_again_by_decision_is_recorded_as_it_ends() {
    for fails in [Fails::First(1), Fails::Always, Fails::UnlessFresh] {
        let again = asks(step(Step { fails, ..Step::default() }));
        let case = case(vec![again, part(Kind::Ask(Ask::Answered))]);
        in_memory(case.clone()).expect("without cuts");
        dies_everywhere(&case, 3);
    }
}

#[test]
fn a_decision_outlives_the_crash_of_what_it_sends_again() {
    let child = Child::Step(Arc::default());
    let inner = asks(step(Step { fails: Fails::Always, retry: 1, millis: 1, children: vec![child], ..Step::default() }));
    let nested = Child::Flow(Arc::new(vec![inner]));
    dies_everywhere(&case(vec![part(step(Step { children: vec![nested], ..Step::default() }))]), 3);
}

#[test]
fn a_question_that_ran_out_of_time_is_asked_anew_where_it_stands_in_something_that_runs_again() {
    let body = vec![part(Kind::Ask(Ask::Expires))];
    let again = Kind::Loop { max: 1, until: None, restart: false, fails_at_max: false, body };
    dies_everywhere(&case(vec![asks(again)]), 3);
}

#[test]
fn a_child_that_is_cancelled_with_its_step_has_begun_no_more() {
    let once = Child::Step(Arc::new(Step { once: true, millis: 20, ..Step::default() }));
    let slow = part(step(Step { children: vec![once], ..Step::default() }));
    let fails = part(step(Step { fails: Fails::Always, millis: 10, ..Step::default() }));
    let both = Part::new(Kind::Parallel { branches: vec![slow, fails], limit: None }, OnError::Skip);
    dies_everywhere(&case(vec![both, part(step(Step::default())), part(Kind::Ask(Ask::Answered))]), 2);
}

#[test]
fn a_step_ends_after_the_children_that_it_does_not_come_to_again() {
    let slow = Child::Flow(Arc::new(vec![part(Kind::Sleep(1_000))]));
    let calls = part(step(Step { millis: 5, children: vec![slow], ..Step::default() }));
    let fails = vec![part(step(Step { millis: 20, ..Step::default() })), part(step(Step { fails: Fails::Always, ..Step::default() }))];
    let fails = part(Kind::Steps { body: fails, late: false });
    dies_everywhere(&case(vec![part(Kind::Parallel { branches: vec![calls, fails], limit: None })]), 2);
}

#[test]
fn an_output_is_whole_that_lies_in_an_option_since_a_pause() {
    let passes = Kind::Steps { body: vec![part(Kind::Sleep(1))], late: false };
    let body = vec![Part::new(passes, OnError::None), part(step(Step { fails: Fails::Always, ..Step::default() }))];
    let skipped = asks(Kind::Steps { body, late: false });
    // Which of them a person skips depends on the path.
    for before in 1..5 {
        let mut tree = vec![part(Kind::Map); before];
        tree.push(skipped.clone());
        in_memory(case(tree.clone())).expect("the output of a run");
        let flow = Child::Flow(Arc::new(tree));
        in_memory(case(vec![part(step(Step { children: vec![flow], ..Step::default() }))])).expect("the output of a child");
    }
}

#[test]
fn a_question_that_got_its_default_is_open_no_more() {
    let tree = vec![part(Kind::Ask(Ask::Default)), asks(step(Step { fails: Fails::Always, ..Step::default() }))];
    dies_everywhere(&case(tree), 3);
}

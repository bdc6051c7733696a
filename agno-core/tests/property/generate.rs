//! Random plans, and where they are cut.

use std::sync::Arc;

use agno_core::Durability;
use proptest::prelude::*;

use crate::tree::{Access, Ask, Block, Child, Fails, Kind, OnError, Otherwise, Part, Step, visit};

/// A run, and what happens to it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) tree: Block,
    pub(crate) cuts: Vec<Cut>,
    pub(crate) by_step: bool,
    /// Chooses which question is answered first.
    pub(crate) person: u64,
}

/// How a leg ends before its time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// The store dies at a write, before it is made or after.
    Dies { write: usize, made: bool },
    /// The future is dropped after so many polls.
    Drops { polls: u32 },
    /// No cut: the next one is of the leg after.
    Spares,
}

impl Case {
    pub(crate) fn durability(&self) -> Durability {
        if self.by_step { Durability::Step } else { Durability::Run }
    }
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    (tree(), prop::collection::vec(cut(), 1..9), prop::bool::weighted(0.75), any::<u64>()).prop_map(|(tree, cuts, by_step, person)| Case {
        tree,
        cuts,
        by_step,
        person,
    })
}

/// The same without timeouts: where a store has threads of its own, a paused clock runs ahead of it, and one that is not paused is slow.
pub(crate) fn case_in_real_time() -> impl Strategy<Value = Case> {
    case().prop_map(|mut case| {
        visit(&mut case.tree, &mut |part| match &mut part.kind {
            Kind::Ask(ask) => *ask = Ask::Answered,
            Kind::Sleep(millis) => *millis = 1,
            Kind::Steps { late, .. } => *late = false,
            Kind::Step(step) => in_real_time(step),
            _ => {}
        });
        case
    })
}

fn in_real_time(step: &mut Arc<Step>) {
    let step = Arc::make_mut(step);
    step.millis = step.millis.min(1);
    if step.fails == Fails::Late {
        step.fails = Fails::Always;
    }
    for child in &mut step.children {
        if let Child::Step(step) = child {
            in_real_time(step);
        }
    }
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![
        4 => (prop_oneof![2 => 0usize..5, 1 => 5usize..24], any::<bool>()).prop_map(|(write, made)| Cut::Dies { write, made }),
        3 => prop_oneof![2 => 1u32..6, 1 => 6u32..40].prop_map(|polls| Cut::Drops { polls }),
        1 => Just(Cut::Spares),
    ]
}

fn tree() -> impl Strategy<Value = Block> {
    prop::collection::vec(part(), 1..7).prop_map(|mut tree| {
        let mut id = 0;
        visit(&mut tree, &mut |part| {
            part.id = id;
            id += 1;
            if let Kind::Steps { body, late: true } = &mut part.kind {
                // Which of two timeouts comes first that begin together?
                visit(body, &mut |inner| {
                    if let Kind::Steps { late, .. } = &mut inner.kind {
                        *late = false;
                    }
                });
            }
        });
        tree
    })
}

fn part() -> impl Strategy<Value = Part> {
    let leaf = prop_oneof![
        8 => step(Vec::new()).prop_map(Kind::Step),
        2 => prop_oneof![4 => Just(Ask::Answered), 1 => Just(Ask::Default), 1 => Just(Ask::Expires)].prop_map(Kind::Ask),
        1 => (1u64..5_000).prop_map(Kind::Sleep),
        1 => Just(Kind::Map),
    ];
    let leaf = (leaf, on_error()).prop_map(|(kind, on_error)| Part::new(kind, on_error));
    leaf.prop_recursive(4, 32, 4, |part| (container(part.boxed()), on_error()).prop_map(|(kind, on_error)| Part::new(kind, on_error)))
}

fn on_error() -> impl Strategy<Value = OnError> {
    prop_oneof![
        6 => Just(OnError::Fail),
        2 => Just(OnError::Skip),
        1 => Just(OnError::None),
        1 => Just(OnError::Fallback),
        2 => Just(OnError::Pause),
        2 => Just(OnError::Collect),
    ]
}

fn container(part: BoxedStrategy<Part>) -> impl Strategy<Value = Kind> {
    let block = || prop::collection::vec(part.clone(), 1..4);
    let otherwise = prop_oneof![Just(Otherwise::PassesThrough), Just(Otherwise::None), block().prop_map(Otherwise::Nodes)];
    let turns = (1u32..4, prop::option::of(1u64..4), any::<bool>(), any::<bool>(), block());
    let children = prop_oneof![2 => step(Vec::new()).prop_map(Child::Step), 1 => block().prop_map(|body| Child::Flow(Arc::new(body)))];
    prop_oneof![
        (block(), prop::bool::weighted(0.2)).prop_map(|(body, late)| Kind::Steps { body, late }),
        (prop::collection::vec(part.clone(), 2..4), prop::option::of(1usize..3))
            .prop_map(|(branches, limit)| Kind::Parallel { branches, limit }),
        (0u64..4, 1usize..4, block()).prop_map(|(items, limit, body)| Kind::Each { items, limit, body }),
        (block(), otherwise).prop_map(|(then, otherwise)| Kind::Condition { then, otherwise }),
        turns.prop_map(|(max, until, restart, fails_at_max, body)| Kind::Loop { max, until, restart, fails_at_max, body }),
        (any::<bool>(), prop::collection::vec(block(), 1..4)).prop_map(|(many, arms)| Kind::Router { many, arms }),
        (block(), 0u32..3).prop_map(|(body, retry)| Kind::Nested { body: Arc::new(body), retry }),
        prop::collection::vec(children, 1..4).prop_flat_map(step).prop_map(Kind::Step),
    ]
}

fn step(children: Vec<Child>) -> impl Strategy<Value = Arc<Step>> {
    let fails = prop_oneof![
        6 => Just(Fails::Never),
        3 => (1u32..3).prop_map(Fails::First),
        1 => Just(Fails::Always),
        1 => Just(Fails::UnlessFresh),
        1 => Just(Fails::Late),
    ];
    let access = prop_oneof![Just(Access::None), Just(Access::Reads), Just(Access::Changes)];
    let words = [0.2, 0.2, 0.2, 0.03].map(prop::bool::weighted);
    (access, words, 0u8..3, prop_oneof![Just(0u8), 1u8..30], fails, 0u32..3).prop_map(
        move |(access, [sync, once, attaches, breaks], yields, millis, fails, retry)| {
            let has_children = !children.is_empty();
            // A timeout ends children too, wherever they are.
            let fails = if has_children && fails == Fails::Late { Fails::Always } else { fails };
            // A synchronous step awaits nothing. One that must run once and whose child pauses is shown to a person, who is asked nothing else here.
            let (sync, once) = (sync && !has_children && fails != Fails::Late, once && !has_children);
            let children = children.clone();
            Arc::new(Step { access, sync, once, yields, millis, fails, retry, attaches, breaks, children })
        },
    )
}

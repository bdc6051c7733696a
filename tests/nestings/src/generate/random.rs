//! Nestings four deep, by seed.

use super::{
    constructs::{Construct, Maker},
    draft::{Draft, Exit, Scope},
    model::{Case, Suite, Workflow},
    shape::Shape,
};

/// How many nestings there are.
pub const NESTINGS: usize = 200;

/// So many stand in one workflow.
const TOGETHER: usize = 4;

const BINARIES: usize = 3;

/// How many containers stand in one another.
const DEPTH: u32 = 4;

pub fn suites() -> Vec<Suite> {
    let mut suites: Vec<Suite> = (0..BINARIES).map(|index| Suite { name: format!("random_{index}"), cases: Vec::new() }).collect();
    for index in 0..NESTINGS / TOGETHER {
        suites[index % BINARIES].cases.push(case(index));
    }
    suites
}

fn case(index: usize) -> Case {
    let name = format!("R{index}");
    let mut maker = Maker::new(0xA610 + index as u64, &name);
    let mut draft = Draft::new(Shape::D, Scope::input());
    for _ in 0..TOGETHER {
        nest(&mut maker, &mut draft, DEPTH);
    }
    draft.fit_d();
    Case { workflow: Workflow { name, body: draft.nodes }, nested: maker.nested }
}

/// A container with a container in it, and so on, with a leaf here and there.
fn nest(maker: &mut Maker, draft: &mut Draft, depth: u32) {
    if maker.rng.one_in(3) {
        leaf(maker, draft);
    }
    if depth == 0 {
        return leaf(maker, draft);
    }
    let containers = Construct::containers();
    let mut container = *maker.rng.pick(&containers);
    // A bound that fails the run would end most of them; `options` has it.
    while (maker.by_type && container.is_used()) || container == Construct::LoopOnMax {
        container = *maker.rng.pick(&containers);
    }
    // Only one of the sides and arms goes all the way down.
    let mut left = 1;
    maker.construct(container, draft, &mut |maker, mut draft, exit: Exit| {
        if left > 0 {
            left -= 1;
            nest(maker, &mut draft, depth - 1);
        } else {
            leaf(maker, &mut draft);
        }
        // Sides and arms that do not pass through agree on one `D`.
        if matches!(container, Construct::ConditionElse | Construct::Router | Construct::RouterClosure | Construct::RouterText) {
            draft.fit_d();
        }
        draft.fit(&exit);
        draft
    });
    if maker.rng.one_in(4) {
        leaf(maker, draft);
    }
}

fn leaf(maker: &mut Maker, draft: &mut Draft) {
    if maker.rng.one_in(6) {
        return maker.failing(draft);
    }
    let leaves = [
        Construct::Step,
        Construct::Step,
        Construct::StepWithArgs,
        Construct::StepWithArgs,
        Construct::Executor,
        Construct::Ask,
        Construct::Sleep,
        Construct::Map,
    ];
    let mut leaf = *maker.rng.pick(&leaves);
    while maker.by_type && leaf.is_used() {
        leaf = *maker.rng.pick(&leaves);
    }
    maker.construct(leaf, draft, &mut |_, draft, _| draft);
}

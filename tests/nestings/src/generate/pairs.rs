//! Every construct directly in every container; and, where two values can be piped, the same behind a `parallel`.

use super::{
    constructs::{Construct, Maker, plain},
    draft::{Draft, Exit, Scope},
    model::{Case, Suite, Workflow},
    shape::Shape,
};

/// So many pairs stand in one workflow: each workflow brings a runtime of its own to compile, each long one a long body.
const TOGETHER: usize = 8;

/// Pairs are spread over as many test binaries.
const BINARIES: usize = 3;

/// What stands in what, and whether two values come in.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub container: Construct,
    pub child: Construct,
    pub two: bool,
}

/// All of them.
pub fn pairs() -> Vec<Pair> {
    let all = |two: bool| {
        let containers = Construct::containers().into_iter().filter(move |container| !two || container.takes_two());
        containers.flat_map(move |container| {
            let children = Construct::ALL.into_iter().filter(move |child| !two || child.takes_two());
            // What comes by `use` cannot stand in a workflow that is nested by type.
            let children = children.filter(move |child| container != Construct::NestedByType || !child.is_used());
            children.map(move |child| Pair { container, child, two })
        })
    };
    all(false).chain(all(true)).collect()
}

pub fn suites() -> Vec<Suite> {
    let pairs = pairs();
    let mut suites: Vec<Suite> = (0..BINARIES).map(|index| Suite { name: format!("pairs_{index}"), cases: Vec::new() }).collect();
    // Neighbours share a container; a workflow that fails names it.
    let groups = pairs.chunk_by(|a, b| a.container == b.container && a.two == b.two).flat_map(|group| group.chunks(TOGETHER));
    for (index, group) in groups.enumerate() {
        suites[index % BINARIES].cases.push(case(index, group));
    }
    suites
}

fn case(index: usize, pairs: &[Pair]) -> Case {
    let name = format!("P{index}{:?}{}", pairs[0].container, if pairs[0].two { "Two" } else { "" });
    let mut maker = Maker::new(index as u64 + 1, &name);
    let mut draft = Draft::new(Shape::D, Scope::input());
    for pair in pairs {
        write(&mut maker, &mut draft, *pair);
    }
    draft.fit_d();
    Case { workflow: Workflow { name, body: draft.nodes }, nested: maker.nested }
}

fn write(maker: &mut Maker, draft: &mut Draft, pair: Pair) {
    let Pair { container, child, two } = pair;
    if two {
        draft.fit_two();
    } else {
        draft.fit_d();
    }
    maker.construct(container, draft, &mut |maker, mut draft, exit: Exit| {
        maker.construct(child, &mut draft, &mut plain);
        draft.fit(&exit);
        draft
    });
}

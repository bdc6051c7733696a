//! Every option, where its node stands directly in the workflow, in a branch and in a loop, and every other one in an item of a list or in a nested
//! workflow; and failures that no option tolerates.

use super::{
    constructs::{Construct, Maker, plain},
    draft::{Draft, Exit, Scope},
    model::{Arg, Callee, Case, Kind, Node, OnError, Options, Suite, Workflow},
    shape::Shape,
};

const TOGETHER: usize = 16;

/// A node that has an option.
#[derive(Clone, Debug)]
enum Item {
    /// A step, with arguments or without.
    Call { callee: Callee, args: bool, options: Options },
    /// A workflow by type whose only step is this one.
    Nested { step: &'static str, by_value: bool, options: Options },
    /// A container whose body is this step, with its own options.
    Container { container: Construct, step: &'static str, inner: Options, options: Options },
    /// A container whose body is good enough.
    Plain { container: Construct, options: Options },
}

/// Where it stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    Top,
    Branch,
    Item,
    Turn,
    Nested,
}

fn on(on_error: OnError) -> Options {
    Options { on_error, ..Options::default() }
}

/// `all`: containers with a step that fails and with one that fails now and then; else one of the two by turns.
fn items(all: bool) -> Vec<Item> {
    let call = |step, options| Item::Call { callee: Callee::Step(step), args: false, options };
    let mut items = vec![
        call("once", Options { retry: Some(1), ..Options::default() }),
        call("once", Options { retry: Some(3), backoff: Some("2ms"), label: true, ..Options::default() }),
        call("bad", Options { retry: Some(2), backoff: Some("2ms"), ..on(OnError::Skip) }),
        call("s2", Options { timeout: Some("1h"), label: true, ..Options::default() }),
        call("slow", Options { timeout: Some("5ms"), ..on(OnError::Skip) }),
        call("slow", Options { timeout: Some("5ms"), retry: Some(1), ..on(OnError::None) }),
        call("slow", Options { timeout: Some("5ms"), retry: Some(1), backoff: Some("2ms"), ..on(OnError::Fallback("s1")) }),
        call("blocking", Options { timeout: Some("1h"), retry: Some(2), ..Options::default() }),
        call("sync", Options { timeout: Some("1h"), retry: Some(2), ..on(OnError::Skip) }),
        Item::Call {
            callee: Callee::Executor,
            args: false,
            options: Options { retry: Some(1), timeout: Some("1h"), label: true, ..on(OnError::None) },
        },
        Item::Call { callee: Callee::Executor, args: true, options: on(OnError::Fallback("s0")) },
        Item::Call { callee: Callee::Executor, args: true, options: on(OnError::Pause) },
    ];
    let tolerant = [OnError::Skip, OnError::None, OnError::Fallback("s2"), OnError::Pause];
    for step in ["bad", "bad_if_odd", "once", "panics"] {
        for (index, on_error) in tolerant.iter().enumerate() {
            items.push(Item::Call { callee: Callee::Step(step), args: index % 2 == 1, options: on(on_error.clone()) });
        }
    }
    for (index, on_error) in tolerant.iter().enumerate() {
        let by_value = index % 2 == 0;
        items.push(Item::Nested { step: "bad", by_value, options: Options { retry: Some(1), ..on(on_error.clone()) } });
        items.push(Item::Nested { step: "bad_if_odd", by_value: !by_value, options: on(on_error.clone()) });
    }
    for container in [
        Construct::Steps,
        Construct::Parallel,
        Construct::Each,
        Construct::Condition,
        Construct::ConditionNone,
        Construct::ConditionElse,
        Construct::LoopUntilClosure,
        Construct::LoopMax,
        Construct::LoopRestart,
        Construct::RouterClosure,
        Construct::RouterMany,
    ] {
        let gives_another = matches!(container, Construct::Parallel | Construct::Each | Construct::ConditionNone);
        for on_error in [OnError::Skip, OnError::None, OnError::Pause, OnError::Collect] {
            let legal = match on_error {
                OnError::Skip => !gives_another,
                OnError::None => container != Construct::Parallel,
                OnError::Collect => matches!(container, Construct::Parallel | Construct::Each),
                _ => true,
            };
            if !legal {
                continue;
            }
            let steps: &[&str] = match on_error {
                // A decision to fail ends the run, which the others here would not survive.
                OnError::Pause if gives_another => &["once"],
                OnError::Pause => &["once", "bad_if_odd"],
                _ => &["bad", "bad_if_odd"],
            };
            let one = &steps[items.len() % steps.len()..][..1];
            for step in if all { steps } else { one } {
                items.push(Item::Container { container, step, inner: Options::default(), options: on(on_error.clone()) });
            }
        }
        // Time is over for the container, not for the step.
        let options = match gives_another {
            false => Options { timeout: Some("5ms"), ..on(OnError::Skip) },
            true if container == Construct::Parallel => continue,
            true => Options { timeout: Some("5ms"), ..on(OnError::None) },
        };
        items.push(Item::Container { container, step: "slow", inner: Options::default(), options });
        // Nothing comes of them, and nothing should.
        items.push(Item::Plain { container, options: Options { timeout: Some("1h"), label: true, ..Options::default() } });
        // What a step tolerates is no business of its container's.
        items.push(Item::Container { container, step: "bad", inner: on(OnError::Skip), options: on(OnError::Pause) });
    }
    for on_error in [OnError::Skip, OnError::None, OnError::Pause] {
        items.push(Item::Plain { container: Construct::LoopOnMax, options: on(on_error) });
    }
    items.push(Item::Plain {
        container: Construct::Parallel,
        options: Options { limit: Some(1), timeout: Some("1h"), ..on(OnError::Collect) },
    });
    items
        .push(Item::Plain { container: Construct::Each, options: Options { limit: Some(2), timeout: Some("1h"), ..on(OnError::Collect) } });
    items
}

pub fn suites() -> Vec<Suite> {
    let every_other = |from: usize| items(false).into_iter().skip(from).step_by(2).collect();
    let at = |place, items: Vec<Item>| items.chunks(TOGETHER).enumerate().map(move |(index, items)| case(place, index, items)).collect();
    let suite = |name: &str, cases: Vec<Case>| Suite { name: format!("options_{name}"), cases };
    vec![
        suite("top", at(Place::Top, items(true))),
        suite("branch", at(Place::Branch, items(false))),
        suite("turn", at(Place::Turn, items(false))),
        suite("within", [at(Place::Item, every_other(0)), at(Place::Nested, every_other(1))].concat()),
        suite("failures", failures()),
    ]
}

fn case(place: Place, index: usize, items: &[Item]) -> Case {
    let name = format!("O{index}{place:?}");
    let mut maker = Maker::new(0x0B + index as u64, &name);
    let mut draft = Draft::new(Shape::D, Scope::input());
    for item in items {
        draft.fit_d();
        let container = match place {
            Place::Top => {
                write(&mut maker, &mut draft, item);
                continue;
            }
            Place::Branch => Construct::Parallel,
            Place::Item => Construct::Each,
            Place::Turn => Construct::LoopMax,
            Place::Nested => Construct::NestedByValue,
        };
        maker.construct(container, &mut draft, &mut |maker, mut draft, exit: Exit| {
            write(maker, &mut draft, item);
            draft.fit(&exit);
            draft
        });
    }
    draft.fit_d();
    Case { workflow: Workflow { name, body: draft.nodes }, nested: maker.nested }
}

fn write(maker: &mut Maker, draft: &mut Draft, item: &Item) {
    match item {
        Item::Call { callee, args, options } => {
            draft.fit_d();
            let args = args.then(|| vec![Arg::Twisted("input".to_owned())]);
            let kind = Kind::Call { callee: callee.clone(), args };
            draft.push(Node { options: options.clone(), ..Node::new(draft.free(), kind) });
        }
        Item::Nested { step, by_value, options } => {
            let construct = if *by_value { Construct::NestedByValue } else { Construct::NestedByType };
            let before = draft.clone();
            maker.construct(construct, draft, &mut |_, mut draft, _| {
                draft.push(Node::step(draft.free(), "s0"));
                draft.push(Node::step(draft.free(), step));
                draft
            });
            set(draft, before, options);
        }
        Item::Container { container, step, inner, options } => {
            draft.fit_d();
            if *container == Construct::Each {
                draft.fit_list();
            }
            let before = draft.clone();
            maker.construct(*container, draft, &mut |_, mut draft, exit: Exit| {
                draft.push(Node::step(draft.free(), "s0"));
                draft.push(Node { options: inner.clone(), ..Node::step(draft.free(), step) });
                draft.push(Node::step(draft.free(), "s1"));
                draft.fit(&exit);
                draft
            });
            set(draft, before, options);
        }
        Item::Plain { container, options } => {
            if *container == Construct::Each {
                draft.fit_list();
            }
            let before = draft.clone();
            maker.construct(*container, draft, &mut plain);
            set(draft, before, options);
        }
    }
}

/// Gives the node that was just written its options.
fn set(draft: &mut Draft, before: Draft, options: &Options) {
    let node = draft.nodes.pop().expect("a node was written");
    *draft = before;
    draft.push(Node { options: options.clone(), ..node });
}

/// Failures that nothing tolerates, in each container: the run fails, and says where.
fn failures() -> Vec<Case> {
    let containers = Construct::containers().into_iter();
    containers
        .map(|container| {
            let name = format!("F{container:?}");
            let mut maker = Maker::new(7, &name);
            let mut draft = Draft::new(Shape::D, Scope::input());
            maker.construct(Construct::Step, &mut draft, &mut plain);
            maker.construct(container, &mut draft, &mut |maker, draft, exit: Exit| {
                let mut draft = plain(maker, draft, Exit::Any);
                draft.push(Node::step(draft.free(), "bad_if_odd"));
                draft.push(Node::step(draft.free(), "bad_if_odd"));
                draft.fit(&exit);
                draft
            });
            draft.fit_d();
            Case { workflow: Workflow { name, body: draft.nodes }, nested: maker.nested }
        })
        .collect()
}

//! Plans that nobody would write: whatever is in whatever, and every format stays readable.

use std::time::Duration;

use agno::{About, Arm, Describe, Node, NodeKind, NodeOptions, OnError, OnMax, Otherwise, Plan, TypeInfo};

use crate::{
    fixtures::{Conditions, Recursive, is_long, picky, shout},
    formats::assert_well_formed,
};

/// Numbers that are the same each time: a linear congruence, with Knuth's constants.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("fits") % sides
    }
}

fn forever<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn nested() -> About {
    About::Workflow(Conditions::PLAN)
}

fn recursive() -> About {
    About::Workflow(Recursive::PLAN)
}

fn text() -> TypeInfo {
    (Conditions::PLAN.input)()
}

fn chain(dice: &mut Dice, depth: usize, longest: usize) -> &'static [&'static Node] {
    let nodes: Vec<_> = (0..=dice.roll(longest)).map(|index| node(dice, depth, index)).collect();
    nodes.leak()
}

fn decision(dice: &mut Dice, name: &'static str) -> &'static Node {
    let about: Option<fn() -> About> = (dice.roll(2) == 0).then_some(<is_long as Describe>::about);
    forever(Node { about, ..Node::new(name, NodeKind::Decision) })
}

fn node(dice: &mut Dice, depth: usize, index: usize) -> &'static Node {
    const NAMES: [&str; 6] = ["a", "bee", "a_rather_long_name_for_one_node_that_it_is", "d", "e", "f"];
    let name = NAMES[index % NAMES.len()];
    let steps: [fn() -> About; 4] = [<picky as Describe>::about, <shout as Describe>::about, nested, recursive];
    let kind = dice.roll(if depth == 0 { 5 } else { 14 });
    let plain = |kind| Node::new(name, kind);
    let call = |about| Node { about: Some(about), ..plain(NodeKind::Call) };
    let mut node = match kind {
        0 | 1 => call(steps[dice.roll(4)]),
        2 => plain(NodeKind::Map),
        3 => plain(NodeKind::Sleep { duration: Duration::from_secs(3) }),
        4 => Node { value: Some(text), ..plain(NodeKind::Ask { question: Some("Which way, and why so?"), timeout: None, default: false }) },
        5 | 6 => Node { children: chain(dice, depth - 1, 3), ..plain(NodeKind::Steps) },
        7 | 8 => Node { children: chain(dice, depth - 1, 5), ..plain(NodeKind::Parallel { limit: None }) },
        9 => Node { children: chain(dice, depth - 1, 3), ..plain(NodeKind::Each { limit: 2 }) },
        10 | 11 => {
            let otherwise = [Otherwise::PassesThrough, Otherwise::Nodes, Otherwise::None][dice.roll(3)];
            let other: &[&Node] = if otherwise == Otherwise::Nodes { chain(dice, depth - 1, 3) } else { &[] };
            let decision = Some(decision(dice, "if"));
            Node { decision, children: chain(dice, depth - 1, 3), otherwise: other, ..plain(NodeKind::Condition { otherwise }) }
        }
        12 => {
            let until = dice.roll(2) == 0;
            let decision = until.then(|| decision(dice, "until"));
            let kind = NodeKind::Loop { max: 3, restart: dice.roll(2) == 0, on_max: OnMax::Accept, until };
            Node { decision, children: chain(dice, depth - 1, 3), ..plain(kind) }
        }
        _ => {
            let arms: Vec<_> = ["0", "\"one\" | \"two\"", "Some(Deep { inside, .. }) if inside > 3", "_"]
                .into_iter()
                .take(1 + dice.roll(4))
                .map(|pattern| Arm { pattern, nodes: chain(dice, depth - 1, 3) })
                .collect();
            let many = dice.roll(3) == 0;
            Node { decision: Some(decision(dice, "select")), arms: arms.leak(), ..plain(NodeKind::Router { many }) }
        }
    };
    if matches!(node.kind, NodeKind::Call) && dice.roll(4) == 0 {
        node.fallback = Some(forever(Node { about: Some(<shout as Describe>::about), ..Node::new("fallback", NodeKind::Call) }));
        node.options = NodeOptions { on_error: OnError::Fallback, ..NodeOptions::DEFAULT };
    }
    forever(node)
}

#[test]
fn every_nesting_can_be_drawn_and_read() {
    for seed in 0..24 {
        let mut dice = Dice(seed);
        let nodes = chain(&mut dice, 4, 6);
        let plan = Plan { nodes, ..Plan::new("Random", text, text) };
        assert_well_formed(&plan);
        // Nothing is left out: each node has a line, and lines end.
        let lines = plan.text().lines().count();
        assert!(lines > nodes.len() && !plan.mermaid().is_empty(), "{plan}");
        _ = (plan.bounds(), plan.lint());
    }
}

/// Longer than anybody writes: the layout does not run out of stack.
#[test]
fn a_long_workflow_can_be_drawn() {
    let picky: &Node = forever(Node { about: Some(<picky as Describe>::about), ..Node::new("picky", NodeKind::Call) });
    let plan = Plan { nodes: vec![picky; 300].leak(), ..Plan::new("Long", text, text) };
    assert_well_formed(&plan);
    assert_eq!(plan.bounds().attempts.finite(), Some(&600));
}

//! Mistakes in a plan that the compiler cannot see: it is right Rust, and probably not what was meant.

use std::fmt;

use super::{
    Effect, NodeKind, Plan,
    outline::{Outline, PlaceId, Runs, Way},
};

/// Something in a plan that is probably not what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lint {
    /// What kind of mistake.
    pub kind: LintKind,
    /// The path of the node, without indices.
    pub path: String,
    /// What is wrong, and what to write.
    pub message: String,
}

/// A kind of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LintKind {
    /// A loop has no `until`, so it always runs as often as it may.
    LoopWithoutUntil,
    /// A question inside a loop has no timeout, so one that nobody answers holds the run again and again.
    AskWithoutTimeoutInLoop,
    /// A step with `effect = once` is run again: by its own `retry`, or by that of a nested workflow round it.
    RetryOfOnce,
    /// Branches, or both sides of a condition, or all arms of a router run the same nested workflow on the same value.
    RepeatedWorkflow,
}

impl LintKind {
    /// Its name: `loop_without_until`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoopWithoutUntil => "loop_without_until",
            Self::AskWithoutTimeoutInLoop => "ask_without_timeout_in_loop",
            Self::RetryOfOnce => "retry_of_once",
            Self::RepeatedWorkflow => "repeated_workflow",
        }
    }
}

impl fmt::Display for LintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, path, message } = self;
        write!(f, "`{path}`: {message} ({kind})")
    }
}

impl Plan {
    /// What is probably not meant, in the plan's order. [`testing::assert_no_lints`](crate::testing::assert_no_lints) makes a test of it.
    #[must_use]
    pub fn lint(&self) -> Vec<Lint> {
        let outline = Outline::new(self);
        (0..outline.places.len()).flat_map(|id| outline.lints_of(id)).collect()
    }
}

impl Outline<'_> {
    fn lints_of(&self, id: PlaceId) -> Vec<Lint> {
        let found = [self.loop_without_until(id), self.ask_without_timeout_in_loop(id), self.retry_of_once(id)];
        let found = found.into_iter().flatten().chain(self.repeated_workflows(id));
        found.map(|(kind, at, message)| Lint { kind, path: self.place(at).path.clone(), message }).collect()
    }

    /// What is round a place, innermost first.
    fn round(&self, id: PlaceId) -> impl Iterator<Item = PlaceId> {
        std::iter::successors(self.place(id).parent, |id| self.place(*id).parent)
    }

    fn loop_without_until(&self, id: PlaceId) -> Option<(LintKind, PlaceId, String)> {
        let NodeKind::Loop { max, until: false, .. } = self.place(id).node.kind else { return None };
        let message = format!(
            "always runs {max} time{}, since nothing ends it before; write `until = predicate`, or allow it if that is meant",
            if max == 1 { "" } else { "s" }
        );
        Some((LintKind::LoopWithoutUntil, id, message))
    }

    fn ask_without_timeout_in_loop(&self, id: PlaceId) -> Option<(LintKind, PlaceId, String)> {
        let NodeKind::Ask { timeout: None, .. } = self.place(id).node.kind else { return None };
        let round = self.round(id).find(|round| matches!(self.place(*round).node.kind, NodeKind::Loop { .. }))?;
        let message = format!(
            "waits in every iteration of `{}`, and each time for ever; write `with (timeout = \"24h\", default = …)`, or ask before or after the loop",
            self.place(round).path
        );
        Some((LintKind::AskWithoutTimeoutInLoop, id, message))
    }

    fn retry_of_once(&self, id: PlaceId) -> Option<(LintKind, PlaceId, String)> {
        let place = self.place(id);
        let options = place.step_options();
        if options.effect != Effect::Once {
            return None;
        }
        if options.retry > 0 {
            let message = format!(
                "must run once and is tried {} times when it fails; drop `retry`, or make it `effect = idempotent` with `ctx.idempotency_key()`",
                u64::from(options.retry) + 1
            );
            return Some((LintKind::RetryOfOnce, id, message));
        }
        let again = self
            .round(id)
            .find(|round| matches!(self.place(*round).runs, Runs::Workflow(_)) && self.place(*round).step_options().retry > 0)?;
        let message = format!(
            "must run once, but `{}` round it has `retry`, which starts the whole nested workflow anew; drop that `retry`, or move this step out",
            self.place(again).path
        );
        Some((LintKind::RetryOfOnce, id, message))
    }

    /// The same nested workflow on the same value: in two branches of a `parallel`, on both sides of a condition, in all arms of a router.
    fn repeated_workflows(&self, id: PlaceId) -> Vec<(LintKind, PlaceId, String)> {
        let place = self.place(id);
        let branches: Vec<Vec<PlaceId>> = match place.node.kind {
            NodeKind::Parallel { .. } => {
                place.blocks.iter().flat_map(|block| &block.places).map(|branch| self.nested(std::slice::from_ref(branch))).collect()
            }
            NodeKind::Condition { .. } | NodeKind::Router { many: false } => {
                place.blocks.iter().map(|block| self.nested(&block.places)).collect()
            }
            _ => return Vec::new(),
        };
        let Some((first, others)) = branches.split_first() else { return Vec::new() };
        let lint = |repeated: PlaceId, first: PlaceId, way_out: &str| {
            let call = self.place(repeated).call().unwrap_or_default();
            let message = format!("runs `{call}` on the same value as `{}` does; {way_out}", self.place(first).path);
            (LintKind::RepeatedWorkflow, repeated, message)
        };
        if matches!(place.node.kind, NodeKind::Parallel { .. }) {
            let mut found = Vec::new();
            for (index, branch) in branches.iter().enumerate() {
                for nested in branch {
                    let earlier = branches[..index].iter().flatten().find(|earlier| self.is_same_call(**earlier, *nested));
                    let way_out = "run it once before the branches, and name its value in each";
                    found.extend(earlier.map(|earlier| lint(*nested, *earlier, way_out)));
                }
            }
            return found;
        }
        // A condition without an other side, and a router with one arm, choose nothing.
        let chooses = !others.is_empty();
        let within = |branch: &[PlaceId], nested: PlaceId| branch.iter().copied().find(|other| self.is_same_call(*other, nested));
        let everywhere = |nested: &&PlaceId| chooses && others.iter().all(|branch| within(branch, **nested).is_some());
        let Some(nested) = first.iter().find(everywhere) else { return Vec::new() };
        let repeated = others.iter().find_map(|branch| within(branch, *nested));
        let way_out = "every way does so: run it once before, and name its value";
        repeated.map(|repeated| lint(repeated, *nested, way_out)).into_iter().collect()
    }

    /// The nested workflows that always run in a chain of nodes, and whose value is known before the chain begins.
    fn nested(&self, chain: &[PlaceId]) -> Vec<PlaceId> {
        let mut found = Vec::new();
        for (index, id) in chain.iter().enumerate() {
            let place = self.place(*id);
            match place.runs {
                Runs::Workflow(_) | Runs::Again(..) => {
                    let names: Vec<_> = chain[..index].iter().map(|id| self.place(*id).node.name).collect();
                    let is_known = match place.node.args {
                        None => index == 0,
                        Some(args) => !args.iter().any(|arg| mentions(arg, &names)),
                    };
                    found.extend(is_known.then_some(*id));
                }
                // The first in a group gets what the group does.
                Runs::Itself if place.node.kind == NodeKind::Steps && index == 0 => {
                    found.extend(place.blocks.iter().filter(|block| block.way == Way::Always).flat_map(|block| self.nested(&block.places)));
                }
                _ => {}
            }
        }
        found
    }

    /// Whether two places run the same nested workflow with the same arguments.
    fn is_same_call(&self, one: PlaceId, other: PlaceId) -> bool {
        let plan = |id| match self.place(id).runs {
            Runs::Workflow(plan) | Runs::Again(plan, _) => Some(plan),
            Runs::Itself | Runs::Step(_) => None,
        };
        let args = |id| self.place(id).node.args;
        args(one) == args(other) && matches!((plan(one), plan(other)), (Some(one), Some(other)) if std::ptr::eq(one, other))
    }
}

/// Whether an argument names one of these.
fn mentions(arg: &str, names: &[&str]) -> bool {
    arg.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| names.contains(&word))
}

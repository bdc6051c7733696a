//! What a random plan is: the nodes of a workflow, as data.

use std::{fmt, sync::Arc};

/// Nodes, one after the other. Each is named by its place: `a`, `b`, …
pub(crate) type Block = Vec<Part>;

/// A node that takes a value and gives one.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    pub(crate) on_error: OnError,
    /// Tells it from all others of the tree.
    pub(crate) id: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Step(Arc<Step>),
    Ask(Ask),
    /// Milliseconds.
    Sleep(u64),
    Map,
    /// `late`: its last node never ends, and the group has a timeout.
    Steps {
        body: Block,
        late: bool,
    },
    Parallel {
        branches: Vec<Part>,
        limit: Option<usize>,
    },
    Each {
        items: u64,
        limit: usize,
        body: Block,
    },
    Condition {
        then: Block,
        otherwise: Otherwise,
    },
    Loop {
        max: u32,
        /// Ends when the value can be divided by it.
        until: Option<u64>,
        restart: bool,
        fails_at_max: bool,
        body: Block,
    },
    Router {
        many: bool,
        arms: Vec<Block>,
    },
    Nested {
        body: Arc<Block>,
        retry: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum OnError {
    Fail,
    Skip,
    None,
    Fallback,
    Pause,
    Collect,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ask {
    /// Somebody answers.
    Answered,
    /// Nobody does, and there is a default.
    Default,
    /// Nobody does.
    Expires,
}

#[derive(Clone, Debug)]
pub(crate) enum Otherwise {
    PassesThrough,
    None,
    Nodes(Block),
}

#[derive(Clone, Default)]
pub(crate) struct Step {
    pub(crate) access: Access,
    /// A synchronous function.
    pub(crate) sync: bool,
    /// `effect = once`
    pub(crate) once: bool,
    /// How often it yields.
    pub(crate) yields: u8,
    /// Milliseconds that it sleeps.
    pub(crate) millis: u8,
    pub(crate) fails: Fails,
    pub(crate) retry: u32,
    pub(crate) attaches: bool,
    /// It ends the workflow, unless something runs beside it.
    pub(crate) breaks: bool,
    pub(crate) children: Vec<Child>,
}

/// What a step does to the session's state.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Access {
    #[default]
    None,
    Reads,
    /// Beside others it only reads.
    Changes,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Fails {
    #[default]
    Never,
    /// In so many attempts.
    First(u32),
    Always,
    /// Unless it stands in a fresh start of a nested workflow.
    UnlessFresh,
    /// It takes longer than its timeout.
    Late,
}

#[derive(Clone, Debug)]
pub(crate) enum Child {
    Step(Arc<Step>),
    Flow(Arc<Block>),
}

// Without what is as always: a tree that fails is read by people.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access, sync, once, yields, millis, fails, retry, attaches, breaks, children } = self;
        let words = [(*sync, "sync"), (*once, "once"), (*attaches, "attaches"), (*breaks, "breaks")];
        let words = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word.to_owned());
        let numbers = [(u32::from(*yields), "yields"), (u32::from(*millis), "millis"), (*retry, "retry")];
        let numbers = numbers.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{word}={n}"));
        let access = (*access != Access::None).then(|| format!("{access:?}"));
        let fails = (*fails != Fails::Never).then(|| format!("fails {fails:?}"));
        write!(f, "[{}]", words.chain(numbers).chain(access).chain(fails).collect::<Vec<_>>().join(" "))?;
        if !children.is_empty() {
            f.debug_list().entries(children).finish()?;
        }
        Ok(())
    }
}

impl Part {
    pub(crate) fn new(kind: Kind, on_error: OnError) -> Self {
        let mut part = Self { kind, on_error, id: 0 };
        part.on_error = part.may(on_error);
        part
    }

    /// What the node may say about failures, which depends on its kind.
    fn may(&self, on_error: OnError) -> OnError {
        let is_join = matches!(self.kind, Kind::Parallel { .. } | Kind::Each { .. });
        match (on_error, &self.kind) {
            (_, Kind::Ask(_) | Kind::Sleep(_) | Kind::Map) => OnError::Fail,
            (OnError::Fallback, Kind::Step(_) | Kind::Nested { .. }) => OnError::Fallback,
            (OnError::Collect, _) if is_join => OnError::Collect,
            (OnError::Fallback | OnError::Collect, _) | (OnError::Pause, Kind::Condition { otherwise: Otherwise::None, .. }) => {
                OnError::Skip
            }
            (on_error, _) => on_error,
        }
    }

    /// Whether a failure is decided about before the node has closed.
    pub(crate) fn decides_inside(&self) -> bool {
        self.on_error == OnError::Pause && matches!(self.kind, Kind::Steps { .. } | Kind::Condition { .. } | Kind::Router { .. })
    }
}

/// Changes every node, and what is in it.
pub(crate) fn visit(block: &mut [Part], change: &mut impl FnMut(&mut Part)) {
    for part in block {
        change(part);
        match &mut part.kind {
            Kind::Ask(_) | Kind::Sleep(_) | Kind::Map => {}
            Kind::Step(step) => visit_step(step, change),
            Kind::Steps { body, .. } | Kind::Each { body, .. } | Kind::Loop { body, .. } => visit(body, change),
            Kind::Nested { body, .. } => visit(Arc::<Block>::make_mut(body), change),
            Kind::Parallel { branches, .. } => visit(branches, change),
            Kind::Condition { then, otherwise } => {
                visit(then, change);
                if let Otherwise::Nodes(nodes) = otherwise {
                    visit(nodes, change);
                }
            }
            Kind::Router { arms, .. } => arms.iter_mut().for_each(|arm| visit(arm, change)),
        }
    }
}

fn visit_step(step: &mut Arc<Step>, change: &mut impl FnMut(&mut Part)) {
    if step.children.is_empty() {
        return;
    }
    for child in &mut Arc::make_mut(step).children {
        match child {
            Child::Step(step) => visit_step(step, change),
            Child::Flow(body) => visit(Arc::<Block>::make_mut(body), change),
        }
    }
}

//! One node of each construct, with a hole for what is nested in it.

use super::{
    draft::{Draft, Exit, Scope, Visible},
    model::{Block, Callee, Decision, Kind, Node, OnError, Otherwise, Pattern, Selector, Workflow},
    rng::Rng,
    shape::{self, Shape, Ty},
};

/// The constructs of the design's table, with those options that change what a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Construct {
    Step,
    StepWithArgs,
    NestedByType,
    NestedByValue,
    Executor,
    Steps,
    Parallel,
    Each,
    Condition,
    ConditionElse,
    ConditionInElse,
    ConditionNone,
    LoopUntilStep,
    LoopUntilClosure,
    LoopMax,
    LoopRestart,
    LoopOnMax,
    Router,
    RouterClosure,
    RouterText,
    RouterMany,
    Ask,
    Sleep,
    Map,
}

use Construct as C;

impl Construct {
    pub const ALL: [Self; 24] = [
        C::Step,
        C::StepWithArgs,
        C::NestedByType,
        C::NestedByValue,
        C::Executor,
        C::Steps,
        C::Parallel,
        C::Each,
        C::Condition,
        C::ConditionElse,
        C::ConditionInElse,
        C::ConditionNone,
        C::LoopUntilStep,
        C::LoopUntilClosure,
        C::LoopMax,
        C::LoopRestart,
        C::LoopOnMax,
        C::Router,
        C::RouterClosure,
        C::RouterText,
        C::RouterMany,
        C::Ask,
        C::Sleep,
        C::Map,
    ];

    /// Those that something can be nested in.
    pub fn containers() -> Vec<Self> {
        Self::ALL.into_iter().filter(|construct| construct.is_container()).collect()
    }

    pub fn is_container(self) -> bool {
        !matches!(self, C::Step | C::StepWithArgs | C::Executor | C::Ask | C::Sleep | C::Map)
    }

    /// Whether it comes by `use`, which a workflow that is nested by type has not.
    pub fn is_used(self) -> bool {
        matches!(self, C::NestedByValue | C::Executor)
    }

    /// Those that take two values as they are.
    pub fn takes_two(self) -> bool {
        !matches!(
            self,
            C::StepWithArgs
                | C::NestedByType
                | C::NestedByValue
                | C::Executor
                | C::Each
                | C::LoopUntilStep
                | C::LoopOnMax
                | C::Router
                | C::RouterText
                | C::Ask
        )
    }
}

impl Construct {
    /// Those that take whatever is piped.
    fn takes_all(self) -> bool {
        matches!(self, C::Steps | C::Parallel | C::ConditionNone | C::Sleep | C::Map)
    }
}

/// The workflows that every case may nest. `Sub` by type, `Deep` by value.
pub fn library() -> Vec<Workflow> {
    let condition = Kind::Condition { by: Decision::Step, then: vec![Node::step("x0", "s1")], otherwise: Otherwise::PassesThrough };
    let sub = vec![Node::step("x0", "s0"), Node::new("x1", condition)];
    let turns = Kind::Loop { draft: None, max: 2, until: None, fail: false, restart: false, body: vec![Node::step("x0", "s2")] };
    let stamp = Node::new("x0", Kind::Call { callee: Callee::Executor, args: None });
    let deep = vec![stamp, Node::new("x1", turns)];
    vec![Workflow { name: "Sub".to_owned(), body: sub }, Workflow { name: "Deep".to_owned(), body: deep }]
}

/// Fills a container.
pub type Hole<'h> = &'h mut dyn FnMut(&mut Maker, Draft, Exit) -> Draft;

/// Makes nodes: the random choices, and the nested workflows that they lead to.
#[derive(Debug)]
pub struct Maker {
    pub rng: Rng,
    pub nested: Vec<Workflow>,
    pub prefix: String,
    /// What is being written stands in a workflow that is nested by type.
    pub by_type: bool,
}

/// The least that fills a container.
pub fn plain(maker: &mut Maker, mut draft: Draft, exit: Exit) -> Draft {
    maker.construct(C::Step, &mut draft, &mut |_, draft, _| draft);
    draft.fit(&exit);
    draft
}

impl Maker {
    pub fn new(seed: u64, prefix: impl Into<String>) -> Self {
        Self { rng: Rng::new(seed), nested: Vec::new(), prefix: prefix.into(), by_type: false }
    }

    fn step_name(&mut self) -> &'static str {
        self.rng.pick::<&str>(&["s0", "s1", "s2", "s2", "sync", "blocking"])
    }

    /// A predicate: by a step where one `D` is there.
    fn decision(&mut self, shape: &Shape, scope: &Scope) -> Decision {
        let names = scope.ds();
        match self.rng.below(3) {
            0 if shape.is_d() => Decision::Step,
            1 => Decision::Of(self.rng.pick(&names).clone()),
            _ => Decision::Closure,
        }
    }

    /// Writes one node of the construct.
    pub fn construct(&mut self, construct: Construct, draft: &mut Draft, hole: Hole<'_>) {
        if construct == C::Each {
            draft.fit_list();
        } else if !(construct.takes_all() || construct.takes_two() && draft.shape.flat() == [Ty::D, Ty::D]) {
            draft.fit_d();
        }
        let name = draft.free();
        let piped = draft.shape.clone();
        let inside = Draft::new(piped.clone(), draft.scope.clone());
        let kind = match construct {
            C::Step => {
                if draft.shape.flat() != [Ty::D, Ty::D] {
                    draft.fit_d();
                }
                let step = if draft.shape.is_d() { self.step_name() } else { "join" };
                return draft.push(Node::step(draft.free(), step));
            }
            C::StepWithArgs => {
                let args = draft.scope.args();
                let first = self.rng.pick(&args).clone();
                let (step, second) = if self.rng.one_in(2) {
                    ("join", self.rng.pick(&args).clone())
                } else {
                    ("plus", self.rng.pick(&draft.scope.numbers()).clone())
                };
                Kind::Call { callee: Callee::Step(step), args: Some(vec![first, second]) }
            }
            C::Executor => Kind::Call { callee: Callee::Executor, args: None },
            C::NestedByType | C::NestedByValue => {
                let by_value = construct == C::NestedByValue;
                let outside = std::mem::replace(&mut self.by_type, !by_value);
                let filled = hole(self, Draft::new(Shape::D, Scope::input()), Exit::Same(Shape::D));
                self.by_type = outside;
                let ty = self.nest(filled.nodes, by_value);
                let callee = if by_value { Callee::Value(ty) } else { Callee::Nested(ty) };
                let args = self.rng.one_in(3).then(|| vec![self.rng.pick(&draft.scope.args()).clone()]);
                Kind::Call { callee, args }
            }
            C::Steps => Kind::Steps(hole(self, inside, Exit::Any).nodes),
            C::Parallel => {
                let filled = hole(self, inside.clone(), Exit::Any);
                let first = self.branch("x0", filled);
                let second = plain(self, inside, Exit::Any);
                let second = self.branch("x1", second);
                let branches = if self.rng.one_in(2) { vec![first, second] } else { vec![second, first] };
                Kind::Parallel(branches)
            }
            C::Each => {
                let item = self.rng.one_in(2).then(|| "item".to_owned());
                let mut scope = draft.scope.clone();
                item.iter().for_each(|item| scope.declare(item, &Shape::D));
                let filled = hole(self, Draft::new(Shape::D, scope), Exit::Any);
                Kind::Each { item, body: filled.nodes }
            }
            C::Condition => {
                let by = self.decision(&piped, &draft.scope);
                Kind::Condition { by, then: hole(self, inside, Exit::Same(piped)).nodes, otherwise: Otherwise::PassesThrough }
            }
            C::ConditionElse => {
                let by = self.decision(&piped, &draft.scope);
                let then = hole(self, inside.clone(), Exit::Any);
                let other = self.alike(&then, inside, hole);
                Kind::Condition { by, then: then.nodes, otherwise: Otherwise::Nodes(other) }
            }
            C::ConditionInElse => {
                let by = self.decision(&piped, &draft.scope);
                let then = plain(self, inside.clone(), Exit::Any);
                let other = hole(self, inside, Exit::Same(then.shape));
                Kind::Condition { by, then: then.nodes, otherwise: Otherwise::Nodes(other.nodes) }
            }
            C::ConditionNone => {
                let by = self.decision(&piped, &draft.scope);
                Kind::Condition { by, then: hole(self, inside, Exit::Any).nodes, otherwise: Otherwise::None }
            }
            C::LoopUntilStep | C::LoopUntilClosure | C::LoopMax | C::LoopRestart | C::LoopOnMax => {
                self.turns(construct, &piped, inside, hole)
            }
            C::Router | C::RouterClosure | C::RouterText | C::RouterMany => self.router(construct, &piped, &inside, hole),
            C::Ask => Kind::Ask { about: self.rng.one_in(2).then(|| self.rng.pick(&draft.scope.ds()).clone()) },
            C::Sleep => Kind::Sleep,
            C::Map => Kind::Map { with: self.rng.one_in(2).then(|| self.rng.pick(&draft.scope.ds()).clone()) },
        };
        let mut node = Node::new(name, kind);
        if matches!(node.kind, Kind::Parallel(_) | Kind::Each { .. }) && self.rng.one_in(3) {
            node.options.limit = Some(1);
        }
        if self.rng.one_in(6) {
            node.options.label = true;
        }
        draft.push(node);
    }

    fn turns(&mut self, construct: Construct, piped: &Shape, mut inside: Draft, hole: Hole<'_>) -> Kind {
        let draft = (piped.is_d() && self.rng.one_in(2)).then(|| "draft".to_owned());
        draft.iter().for_each(|draft| inside.scope.declare(draft, &Shape::D));
        let restart = construct == C::LoopRestart;
        let exit = if restart { Exit::Any } else { Exit::Same(piped.clone()) };
        let mut filled = hole(self, inside, exit);
        let until = match construct {
            C::LoopMax => None,
            C::LoopUntilStep => {
                filled.fit_d();
                Some(if self.rng.one_in(2) { Decision::Step } else { Decision::Of(self.rng.pick(&filled.scope.ds()).clone()) })
            }
            C::LoopOnMax => Some(Decision::Closure),
            _ if self.rng.one_in(3) => Some(Decision::Of(self.rng.pick(&filled.scope.ds()).clone())),
            _ => Some(Decision::Closure),
        };
        let max = 2 + u32::from(self.rng.one_in(2));
        Kind::Loop { draft, max, until, fail: construct == C::LoopOnMax, restart, body: filled.nodes }
    }

    fn router(&mut self, construct: Construct, piped: &Shape, inside: &Draft, hole: Hole<'_>) -> Kind {
        let (by, patterns): (_, &[Pattern]) = match construct {
            C::RouterText => (Selector::Text, &[Pattern::Word("low"), Pattern::Word("mid"), Pattern::Any]),
            C::RouterMany => (Selector::Many, &[Pattern::Low, Pattern::NotLow]),
            C::RouterClosure => (Selector::Closure, &[Pattern::Low, Pattern::NotLow]),
            _ => (Selector::Step, &[Pattern::MidEven, Pattern::Mid, Pattern::High, Pattern::Low]),
        };
        let exit = if by == Selector::Many { Exit::Same(piped.clone()) } else { Exit::Any };
        let mut arms: Vec<super::model::Arm> = Vec::new();
        let mut first: Option<Shape> = None;
        for (index, pattern) in patterns.iter().enumerate() {
            let mut inside = inside.clone();
            if pattern.binds() {
                inside.scope.put("k", Visible::Number);
            }
            let filled = match &first {
                None => hole(self, inside, exit.clone()),
                // What the others hold matters less.
                Some(shape) if index > 1 && *shape == Shape::D => plain(self, inside, Exit::Same(Shape::D)),
                Some(_) if by == Selector::Many => plain(self, inside, exit.clone()),
                Some(shape) => {
                    let like = Draft { nodes: Vec::new(), shape: shape.clone(), scope: Scope::default() };
                    let nodes = self.alike(&like, inside.clone(), hole);
                    Draft { nodes, ..inside }
                }
            };
            first.get_or_insert(shape::of_block(&filled.nodes, piped));
            arms.push(super::model::Arm { pattern: *pattern, body: filled.nodes });
        }
        Kind::Router { by, arms }
    }

    /// A block that gives what another one does.
    fn alike(&mut self, other: &Draft, inside: Draft, hole: Hole<'_>) -> Block {
        if other.shape.is_d() { plain(self, inside, Exit::Same(Shape::D)).nodes } else { hole(self, inside, Exit::Any).nodes }
    }

    /// A block as one branch: itself if it is one node, else `steps`.
    fn branch(&mut self, name: &str, mut draft: Draft) -> Node {
        match draft.nodes.len() {
            1 => Node { name: name.to_owned(), ..draft.nodes.remove(0) },
            _ => Node::new(name, Kind::Steps(draft.nodes)),
        }
    }

    fn nest(&mut self, body: Block, by_value: bool) -> String {
        let name = format!("{}In{}{}", self.prefix, self.nested.len(), if by_value { "V" } else { "" });
        self.nested.push(Workflow { name: name.clone(), body });
        name
    }

    /// A step that fails, with something that makes it no failure of the run.
    pub fn failing(&mut self, draft: &mut Draft) {
        draft.fit_d();
        let step = *self.rng.pick(&["bad", "bad", "once", "bad_if_odd"]);
        let on_error = match self.rng.below(4) {
            0 => OnError::Skip,
            1 => OnError::None,
            2 => OnError::Fallback("s2"),
            _ => OnError::Pause,
        };
        draft.push(Node::step(draft.free(), step).on_error(on_error));
    }
}

//! A workflow whose names are resolved: every node knows which handles it reads, what its value is called, and what ends with it.

use std::{cmp::Ordering, collections::BTreeSet, rc::Rc};

use proc_macro2::{Ident, Span};
use syn::{Expr, ExprClosure, LitStr, Pat, Path, Type};

use super::ast::{AskAt, Declarations, Header, OnMax, Options};
use crate::args::DurationLit;

/// A local of generated code that holds a `Shared` value. Its identifier is unique in the workflow.
#[derive(Clone, Debug)]
pub(crate) struct Handle {
    pub(crate) id: usize,
    pub(crate) ident: Ident,
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Handle {}

impl PartialOrd for Handle {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Handle {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

/// What a name stands for: one value, or one per branch.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    One(Handle),
    Many(Vec<(Ident, Value)>),
}

impl Value {
    /// The handles, in order.
    pub(crate) fn handles(&self) -> Vec<&Handle> {
        match self {
            Self::One(handle) => vec![handle],
            Self::Many(branches) => branches.iter().flat_map(|(_, value)| value.handles()).collect(),
        }
    }

    /// The handles, each with the name of its branch if there are several.
    pub(crate) fn branches(&self) -> Vec<(&Handle, Option<&Ident>)> {
        match self {
            Self::One(handle) => vec![(handle, None)],
            Self::Many(branches) => branches
                .iter()
                .flat_map(|(name, value)| value.branches().into_iter().map(move |(handle, inner)| (handle, inner.or(Some(name)))))
                .collect(),
        }
    }

    pub(crate) fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Many(branches) => branches.iter().map(|(_, value)| value.count()).sum(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Workflow {
    pub(crate) header: Header,
    pub(crate) declarations: Declarations,
    pub(crate) asks: Vec<AskAt>,
    pub(crate) input: Handle,
    pub(crate) body: Block,
}

/// Nodes in order, and the value that the last of them gives.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) nodes: Vec<Node>,
    pub(crate) value: Value,
    /// The handles that this block may give away; the others belong to a block around it.
    pub(crate) owned: BTreeSet<Handle>,
    /// What is read after the last node: by the `until` of a loop.
    pub(crate) read_after: BTreeSet<Handle>,
}

impl Block {
    /// Where a mistake in the block's value is shown: the name of its last node.
    pub(crate) fn end(&self) -> Span {
        self.nodes.last().map_or_else(Span::call_site, |node| node.at)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The number of its static in the plan.
    pub(crate) id: usize,
    pub(crate) name: Ident,
    /// The user's tokens that mean this node: the path of a step, the name of a container.
    pub(crate) at: Span,
    pub(crate) docs: Option<String>,
    pub(crate) was: Option<LitStr>,
    pub(crate) direct: bool,
    pub(crate) options: Options,
    pub(crate) on_error: OnError,
    /// What comes before.
    pub(crate) piped: Value,
    pub(crate) value: Value,
    /// The handles from outside that it reads.
    pub(crate) reads: BTreeSet<Handle>,
    /// The handles of its block that nothing reads after it.
    pub(crate) last_reads: Vec<Handle>,
    /// Those of its own handles that nothing reads.
    pub(crate) unread: Vec<Handle>,
    pub(crate) kind: Kind,
}

impl Node {
    /// How many values the construct itself gives; `on_error = none` makes one of them.
    pub(crate) fn own_count(&self) -> usize {
        match &self.kind {
            Kind::Call(_) | Kind::Each(_) | Kind::Ask(_) | Kind::Map(_) | Kind::Condition(Condition { otherwise: Otherwise::None, .. }) => {
                1
            }
            Kind::Steps(Steps { body }) | Kind::Loop(Loop { body, .. }) | Kind::Condition(Condition { body, .. }) => body.value.count(),
            Kind::Router(Router { many: Some(_), .. }) | Kind::Sleep(_) => self.piped.count(),
            Kind::Router(Router { many: None, arms, .. }) => arms.first().map_or(1, |arm| arm.body.value.count()),
            Kind::Parallel(_) => self.value.count(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Call(Call),
    Steps(Steps),
    Parallel(Parallel),
    Each(Each),
    Condition(Condition),
    Loop(Loop),
    Router(Router),
    Ask(Ask),
    Sleep(Sleep),
    Map(Map),
}

/// What a failure means.
#[derive(Clone, Debug)]
pub(crate) enum OnError {
    Fail,
    Skip(Span),
    None,
    Fallback(Callee),
    Pause,
    Collect,
}

/// A step, a nested workflow or an executor, and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) callee: Callee,
    pub(crate) args: Args,
}

#[derive(Clone, Debug)]
pub(crate) enum Callee {
    Path(Path),
    /// A value from `use`, under the name that the call spells.
    Use(Ident, Box<Type>),
}

impl Callee {
    /// The last word of what the user wrote.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Path(path) => path.segments.last().map_or_else(Span::call_site, |segment| segment.ident.span()),
            Self::Use(name, _) => name.span(),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Args {
    /// What comes before; of several values each with its branch's name, where a mistake in it is shown.
    Piped(Vec<(Handle, Option<Span>)>),
    Given {
        args: Vec<Arg>,
        names: Names,
        text: Vec<String>,
        /// The user's parentheses.
        parens: Span,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Arg {
    /// A name or `n.branch`, alone; the span is the user's.
    Handle(Handle, Span),
    /// What is piped from one of several branches; the span is the branch's name.
    Branch(Handle, Span),
    /// Something that is a reference: `&expr`, or a binding of a pattern.
    Place(Expr),
    /// Any other expression, whose reference is passed.
    Value(Expr),
}

/// The names that an expression uses, outer ones first, so that inner ones hide them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(pub(crate) Vec<Name>);

impl Names {
    pub(crate) fn handles(&self) -> BTreeSet<&Handle> {
        self.0
            .iter()
            .flat_map(|name| match name {
                Name::Value(_, handle) | Name::Binding(_, handle) => vec![handle],
                Name::Branches(_, branches) => branches.handles(),
            })
            .collect()
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Name {
    Value(Ident, Handle),
    /// The branches of a parallel that are used.
    Branches(Ident, Value),
    /// The bindings of a router's arm: a pattern, and what it matches.
    Binding(Rc<Pat>, Handle),
}

#[derive(Clone, Debug)]
pub(crate) enum Decision {
    Step(Call),
    Closure(Closure),
}

/// A closure over the piped values.
#[derive(Clone, Debug)]
pub(crate) struct Closure {
    pub(crate) closure: ExprClosure,
    pub(crate) piped: Vec<Handle>,
    pub(crate) names: Names,
}

/// An expression over names.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub(crate) expr: Expr,
    pub(crate) names: Names,
}

#[derive(Clone, Debug)]
pub(crate) struct Steps {
    pub(crate) body: Block,
}

#[derive(Clone, Debug)]
pub(crate) struct Parallel {
    pub(crate) limit: Option<Expr>,
    pub(crate) branches: Vec<Node>,
}

#[derive(Clone, Debug)]
pub(crate) struct Each {
    pub(crate) limit: Option<Expr>,
    pub(crate) item: Handle,
    /// What the body reads from outside, for each item anew.
    pub(crate) captures: BTreeSet<Handle>,
    pub(crate) body: Block,
}

#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) predicate: Decision,
    pub(crate) body: Block,
    pub(crate) otherwise: Otherwise,
}

#[derive(Clone, Debug)]
pub(crate) enum Otherwise {
    PassesThrough,
    Nodes(Block),
    None,
}

#[derive(Clone, Debug)]
pub(crate) struct Loop {
    pub(crate) max: Expr,
    pub(crate) restart: bool,
    pub(crate) on_max: OnMax,
    /// The carried values.
    pub(crate) current: Value,
    /// What the body gave, of the carried types.
    pub(crate) next: Value,
    pub(crate) body: Block,
    pub(crate) until: Option<Decision>,
}

#[derive(Clone, Debug)]
pub(crate) struct Router {
    pub(crate) selector: Decision,
    pub(crate) selected: Handle,
    pub(crate) many: Option<Many>,
    pub(crate) arms: Vec<Arm>,
}

/// What a router that runs several arms goes over.
#[derive(Clone, Debug)]
pub(crate) struct Many {
    pub(crate) item: Handle,
    pub(crate) current: Value,
}

#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub(crate) pattern: Rc<Pat>,
    pub(crate) guard: Option<Expression>,
    pub(crate) body: Block,
    /// The last token of the arm.
    pub(crate) end: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) ty: Type,
    pub(crate) question: Expression,
    pub(crate) default: Option<Expression>,
}

#[derive(Clone, Debug)]
pub(crate) struct Sleep {
    pub(crate) duration: DurationLit,
}

#[derive(Clone, Debug)]
pub(crate) struct Map {
    pub(crate) closure: Closure,
}

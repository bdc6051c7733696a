//! A workflow as it was written: data and tokens, nothing decided.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Expr, ExprClosure, LitStr, Pat, Path, Type, Visibility};

use crate::args::{DurationLit, HistoryArg, Slot};

/// Everything before the block, which is enough for a stub.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) docs: Option<String>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) input: Ident,
    pub(crate) input_type: Type,
    pub(crate) output: Type,
    pub(crate) options: WorkflowOptions,
}

#[derive(Clone, Debug)]
pub(crate) struct Workflow {
    pub(crate) header: Header,
    pub(crate) declarations: Declarations,
    pub(crate) body: Block,
}

/// What other code sees of a workflow.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub(crate) header: Header,
    pub(crate) declarations: Declarations,
    pub(crate) asks: Vec<AskAt>,
}

/// A question, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct AskAt {
    /// The containers around it.
    pub(crate) path: Vec<Ident>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// The lines before the first node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declarations {
    pub(crate) uses: Vec<Use>,
    pub(crate) states: Vec<State>,
    pub(crate) extras: Vec<Extra>,
}

/// `use editor: Agent<Article>;`
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) docs: Option<String>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// `state cart: Cart = Cart::full();`
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) first: Option<Expr>,
}

/// `extra client: ClientInfo;`
#[derive(Clone, Debug)]
pub(crate) struct Extra {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// Nodes that run one after the other; never empty.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) docs: Option<String>,
    pub(crate) was: Option<LitStr>,
    pub(crate) kind: Kind,
}

#[allow(clippy::large_enum_variant, reason = "made once for each node; whether it is large depends on how proc-macro2 was built")]
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Step(Step),
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

/// `write(topic, 5) as second_write with (retry = 2);`
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) call: Call,
    pub(crate) alias: Option<Ident>,
    pub(crate) options: Options,
    /// The `;` or `,` behind it.
    pub(crate) end: Span,
}

/// What runs, and what it gets; without parentheses what comes before is piped.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) path: Path,
    pub(crate) args: Option<Arguments>,
}

/// `(topic, 5)`
#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    pub(crate) parens: Span,
    pub(crate) exprs: Vec<Expr>,
}

#[derive(Clone, Debug)]
pub(crate) struct Steps {
    pub(crate) name: Ident,
    pub(crate) options: Options,
    pub(crate) body: Block,
}

#[derive(Clone, Debug)]
pub(crate) struct Parallel {
    pub(crate) name: Ident,
    pub(crate) limit: Option<Expr>,
    pub(crate) options: Options,
    pub(crate) branches: Block,
}

#[derive(Clone, Debug)]
pub(crate) struct Each {
    pub(crate) name: Ident,
    pub(crate) item: Option<Ident>,
    pub(crate) limit: Option<Expr>,
    pub(crate) options: Options,
    pub(crate) body: Block,
}

#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) name: Ident,
    pub(crate) predicate: Decision,
    pub(crate) options: Options,
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
    pub(crate) name: Ident,
    /// One name for each value that the body starts with, or none at all.
    pub(crate) drafts: Vec<Ident>,
    pub(crate) max: Expr,
    pub(crate) until: Option<Decision>,
    pub(crate) on_max: OnMax,
    pub(crate) restart: bool,
    pub(crate) options: Options,
    pub(crate) body: Block,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnMax {
    Accept,
    Fail,
}

#[derive(Clone, Debug)]
pub(crate) struct Router {
    pub(crate) name: Ident,
    pub(crate) selector: Decision,
    pub(crate) many: bool,
    pub(crate) options: Options,
    pub(crate) arms: Vec<Arm>,
}

#[derive(Clone, Debug)]
pub(crate) struct Arm {
    pub(crate) pattern: Pat,
    pub(crate) guard: Option<Expr>,
    pub(crate) body: Block,
    /// The last token of the arm.
    pub(crate) end: Span,
}

/// A predicate or a selector.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    Step(Call),
    Closure(ExprClosure),
}

#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) question: Expr,
    pub(crate) default: Option<Expr>,
    pub(crate) options: Options,
}

#[derive(Clone, Debug)]
pub(crate) struct Sleep {
    pub(crate) keyword: Ident,
    pub(crate) alias: Option<Ident>,
    pub(crate) duration: DurationLit,
    pub(crate) options: Options,
}

#[derive(Clone, Debug)]
pub(crate) struct Map {
    pub(crate) keyword: Ident,
    pub(crate) alias: Option<Ident>,
    pub(crate) closure: ExprClosure,
    pub(crate) options: Options,
}

/// The options of a node that several constructs share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) retry: Slot<Expr>,
    pub(crate) backoff: Slot<DurationLit>,
    pub(crate) max_backoff: Slot<DurationLit>,
    pub(crate) retry_if: Slot<Path>,
    pub(crate) timeout: Slot<DurationLit>,
    pub(crate) label: Slot<LitStr>,
    pub(crate) history: Slot<HistoryArg>,
    pub(crate) migrate: Slot<Path>,
    pub(crate) on_error: Slot<OnError>,
}

/// What a failure means.
#[derive(Clone, Debug, Default)]
pub(crate) enum OnError {
    #[default]
    Fail,
    /// With the span of the word, where a mismatch is reported.
    Skip(Span),
    None,
    Fallback(Path),
    Pause,
    Collect,
}

/// `with (…)` after the output type.
#[derive(Clone, Debug, Default)]
pub(crate) struct WorkflowOptions {
    pub(crate) name: Slot<LitStr>,
    pub(crate) id: Slot<LitStr>,
    pub(crate) history: Slot<HistoryArg>,
    pub(crate) store_events: Slot<Option<Expr>>,
    pub(crate) skip_events: Slot<Vec<Ident>>,
    pub(crate) durability: Slot<Durability>,
    pub(crate) retry_on_conflict: Slot<Expr>,
    pub(crate) root: Slot<Path>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Durability {
    Step,
    Run,
    None,
}

//! What a generated workflow is: the nodes of the design's table, less what only changes texts.

/// A test binary: its cases share a file.
#[derive(Clone, Debug)]
pub struct Suite {
    pub name: String,
    pub cases: Vec<Case>,
}

/// One test: a workflow, and the nested ones that only it uses.
#[derive(Clone, Debug)]
pub struct Case {
    pub workflow: Workflow,
    pub nested: Vec<Workflow>,
}

/// Its input is called `input`; input and output are a `D`.
#[derive(Clone, Debug)]
pub struct Workflow {
    pub name: String,
    pub body: Block,
}

pub type Block = Vec<Node>;

#[derive(Clone, Debug)]
pub struct Node {
    pub name: String,
    pub kind: Kind,
    pub options: Options,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Call {
        callee: Callee,
        args: Option<Vec<Arg>>,
    },
    Steps(Block),
    Parallel(Vec<Node>),
    Each {
        item: Option<String>,
        body: Block,
    },
    Condition {
        by: Decision,
        then: Block,
        otherwise: Otherwise,
    },
    Loop {
        draft: Option<String>,
        max: u32,
        until: Option<Decision>,
        fail: bool,
        restart: bool,
        body: Block,
    },
    Router {
        by: Selector,
        arms: Vec<Arm>,
    },
    /// `asks` is a name that its text mentions.
    Ask {
        about: Option<String>,
    },
    Sleep,
    /// Folds what is piped, and a name that the closure sees, into one `D`.
    Map {
        with: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Callee {
    /// A function of the library.
    Step(&'static str),
    /// A workflow, by its type.
    Nested(String),
    /// A workflow from `use`: the name of its type.
    Value(String),
    /// The library's executor, from `use stamp: Stamp;`.
    Executor,
}

#[derive(Clone, Debug)]
pub enum Arg {
    /// `x1`
    Name(String),
    /// `x1.x0`
    Branch(String, String),
    /// `x1.n + 1`
    Number(String),
    /// `twist(x1)`
    Twisted(String),
    /// `&twist(x1)`
    Place(String),
    /// A binding of an arm's pattern.
    Binding(String),
}

#[derive(Clone, Debug)]
pub enum Decision {
    /// `even`, which gets one `D`.
    Step,
    /// `even(x1)`
    Of(String),
    /// Over what is piped, folded.
    Closure,
}

#[derive(Clone, Debug)]
pub enum Otherwise {
    PassesThrough,
    Nodes(Block),
    None,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Selector {
    /// `route`: an enum.
    Step,
    /// Over what is piped, folded: an enum.
    Closure,
    /// `word`: a `String`.
    Text,
    /// `routes`: a `Vec` of the enum.
    Many,
}

/// An arm of a router.
#[derive(Clone, Debug)]
pub struct Arm {
    pub pattern: Pattern,
    pub body: Block,
}

/// What an arm matches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pattern {
    /// `Route::Low`
    Low,
    /// `Route::Mid(k) if k % 2 == 0`
    MidEven,
    /// `Route::Mid(k)`
    Mid,
    /// `Route::High { k }`
    High,
    /// `Route::Mid(_) | Route::High { .. }`
    NotLow,
    /// `"low"`
    Word(&'static str),
    /// `_`
    Any,
}

impl Pattern {
    /// Whether it binds `k`.
    pub fn binds(self) -> bool {
        matches!(self, Self::MidEven | Self::Mid | Self::High)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Options {
    pub retry: Option<u32>,
    pub backoff: Option<&'static str>,
    pub timeout: Option<&'static str>,
    pub label: bool,
    pub limit: Option<u32>,
    pub on_error: OnError,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub enum OnError {
    #[default]
    Fail,
    Skip,
    None,
    Fallback(&'static str),
    Pause,
    Collect,
}

impl Node {
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, options: Options::default() }
    }

    pub fn step(name: impl Into<String>, step: &'static str) -> Self {
        Self::new(name, Kind::Call { callee: Callee::Step(step), args: None })
    }

    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.options.on_error = on_error;
        self
    }

    /// The blocks in it.
    pub fn blocks(&self) -> Vec<&[Node]> {
        match &self.kind {
            Kind::Call { .. } | Kind::Ask { .. } | Kind::Sleep | Kind::Map { .. } => Vec::new(),
            Kind::Steps(body) | Kind::Parallel(body) | Kind::Each { body, .. } | Kind::Loop { body, .. } => vec![body],
            Kind::Condition { then, otherwise, .. } => match otherwise {
                Otherwise::Nodes(other) => vec![then, other],
                Otherwise::PassesThrough | Otherwise::None => vec![then],
            },
            Kind::Router { arms, .. } => arms.iter().map(|arm| &*arm.body).collect(),
        }
    }
}

impl Workflow {
    /// Every node, containers before what is in them.
    pub fn nodes(&self) -> Vec<&Node> {
        fn visit<'a>(block: &'a [Node], nodes: &mut Vec<&'a Node>) {
            for node in block {
                nodes.push(node);
                node.blocks().into_iter().for_each(|block| visit(block, nodes));
            }
        }
        let mut nodes = Vec::new();
        visit(&self.body, &mut nodes);
        nodes
    }
}

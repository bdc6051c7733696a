//! What checking has proved: a step whose parts fit together. Only this is expanded.

use proc_macro2::{Ident, Span};
use syn::{Attribute, Expr, LitStr, Path, Type, Visibility};

use super::raw::Effect;
use crate::args::{DurationLit, HistoryArg};

/// A step, but for its options.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) target: Target,
    pub(crate) description: Vec<Expr>,
    /// `#[cfg(…)]`, without which our items must not exist either.
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) params: Params,
    pub(crate) returns: Returns,
    pub(crate) is_async: bool,
}

/// What carries the step's items.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each use of the macro")]
pub(crate) enum Target {
    /// A marker type, named like the function.
    Function { vis: Visibility, name: Ident, marker_attrs: Vec<Attribute> },
    /// The type of the `impl` block; `name` is its name in snake case, `run` the method's own token.
    Executor { self_ty: Type, name: String, run: Ident },
}

/// The parameters, in order, and what the step uses besides data.
#[derive(Debug)]
pub(crate) struct Params {
    pub(crate) order: Vec<Argument>,
    pub(crate) data: Vec<DataParam>,
    pub(crate) state: Option<StateParam>,
    pub(crate) extra: Option<Type>,
    pub(crate) context: bool,
}

/// What stands at one place of the call of the user's function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    /// The index in `Params::data`.
    Data(usize),
    State,
    Extra,
    Context,
}

/// The session state: `&mut S`, or `#[state] s: &S`.
#[derive(Debug)]
pub(crate) enum StateParam {
    Writes(Type),
    Reads(Type),
}

/// A parameter that the workflow gives.
#[derive(Debug)]
pub(crate) struct DataParam {
    /// The property in the schema.
    pub(crate) name: String,
    /// Where the pattern stands.
    pub(crate) span: Span,
    pub(crate) form: Form,
}

/// How the step takes what the workflow holds.
#[derive(Debug)]
pub(crate) enum Form {
    /// `&T`
    Reference(Type),
    /// `T`
    Value(Type),
    /// `&str`
    Text,
    /// `&[T]`
    List(Type),
    /// `Option<&T>`
    Optional(Type),
    /// `Option<&str>`
    OptionalText,
    /// `Option<&[T]>`
    OptionalList(Type),
}

/// The return type.
#[derive(Debug)]
pub(crate) struct Returns {
    pub(crate) shape: Shape,
    /// The part that a mistake in the output is shown under.
    pub(crate) output_at: Type,
    /// The part that a mistake in the error is shown under.
    pub(crate) error_at: Type,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each use of the macro")]
pub(crate) enum Shape {
    /// `T`
    Value(Type),
    /// `ControlFlow<B, T>`
    Flow { end: Type, value: Type },
    /// `Result<T, E>`, under whatever path and with whatever generics
    Result(Type),
    /// `Result<ControlFlow<B, T>, E>`
    ResultOfFlow { result: Type, end: Type, value: Type },
    /// `ControlFlow<B, Result<T, E>>`
    FlowOfResult { end: Type, result: Type },
}

impl Returns {
    pub(crate) fn can_fail(&self) -> bool {
        match self.shape {
            Shape::Value(_) | Shape::Flow { .. } => false,
            Shape::Result(_) | Shape::ResultOfFlow { .. } | Shape::FlowOfResult { .. } => true,
        }
    }
}

/// The options that fit the step.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) label: Option<LitStr>,
    pub(crate) retry: Option<Expr>,
    pub(crate) backoff: Option<DurationLit>,
    pub(crate) max_backoff: Option<DurationLit>,
    pub(crate) retry_if: Option<Path>,
    pub(crate) timeout: Option<DurationLit>,
    pub(crate) history: Option<HistoryArg>,
    pub(crate) effect: Option<Effect>,
    pub(crate) work: Work,
}

/// Where the step runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    Async,
    Sync,
    Blocking,
}

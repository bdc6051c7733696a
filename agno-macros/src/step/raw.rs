//! What was written: not yet known to be a step.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, Generics, LitStr, Path, Signature, Type, Visibility, token::Brace};

use crate::args::{DurationLit, HistoryArg, Slot};

/// The item below `#[step]`.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each use of the macro")]
pub(crate) enum RawItem {
    Function(RawFn),
    Impl(RawImpl),
}

/// A function. Its body is none of our business and stays a token stream.
#[derive(Debug)]
pub(crate) struct RawFn {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: TokenStream,
}

/// An `impl` block.
#[derive(Debug)]
pub(crate) struct RawImpl {
    pub(crate) attrs: Vec<Attribute>,
    /// Everything between the attributes and the brace, to be written again as it was.
    pub(crate) header: TokenStream,
    pub(crate) generics: Generics,
    /// The trait of an `impl Trait for Type`.
    pub(crate) of_trait: Option<Type>,
    pub(crate) self_ty: Type,
    pub(crate) brace: Brace,
    pub(crate) members: Vec<RawMember>,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "most members are functions")]
pub(crate) enum RawMember {
    Function(RawFn),
    Other(TokenStream),
}

/// The options in the parentheses.
#[derive(Debug, Default)]
pub(crate) struct RawOptions {
    pub(crate) name: Slot<LitStr>,
    pub(crate) label: Slot<LitStr>,
    pub(crate) retry: Slot<Expr>,
    pub(crate) backoff: Slot<DurationLit>,
    pub(crate) max_backoff: Slot<DurationLit>,
    pub(crate) retry_if: Slot<Path>,
    pub(crate) timeout: Slot<DurationLit>,
    pub(crate) blocking: Slot<()>,
    pub(crate) history: Slot<HistoryArg>,
    pub(crate) effect: Slot<Effect>,
    /// `crate = path`.
    pub(crate) root: Slot<Path>,
}

/// What running a step again does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    Pure,
    Idempotent,
    Once,
}

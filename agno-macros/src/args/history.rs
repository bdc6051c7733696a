//! How much of the session's past a step or a workflow is given: `history`, `history = 3`, `history = off`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Token, parse::ParseStream};

use super::Key;
use crate::paths::Root;

/// The option `history`.
#[derive(Clone, Debug)]
pub(crate) enum HistoryArg {
    Off,
    All,
    Last(Box<Expr>),
}

impl HistoryArg {
    /// What follows the key.
    pub(crate) fn parse(key: &Key, input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() || input.peek(Token![,]) {
            return Ok(Self::All);
        }
        let value = key.value::<Expr>(input, "history = 3")?;
        let off = matches!(&value, Expr::Path(path) if path.path.is_ident("off"));
        Ok(if off { Self::Off } else { Self::Last(Box::new(value)) })
    }

    /// A constant expression of type `History`.
    pub(crate) fn expand(&self, root: &Root) -> TokenStream {
        match self {
            Self::Off => quote!(#root::History::Off),
            Self::All => quote!(#root::History::All),
            Self::Last(count) => quote!(#root::History::Last(#count)),
        }
    }
}

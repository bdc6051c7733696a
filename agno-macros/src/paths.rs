//! How generated code finds the runtime: the one place that spells the crate's root.

use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Path;

/// The path of `agno::__private`, as seen from the crate that uses the macro.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    tokens: TokenStream,
    /// The user wrote it, so it resolves where they wrote it: it may be `$crate`.
    is_explicit: bool,
}

impl Root {
    /// `crate = path` wins; else `agno` under whatever name `Cargo.toml` gives it.
    pub(crate) fn find(explicit: Option<&Path>) -> Self {
        if let Some(path) = explicit {
            return Self { tokens: quote!(#path::__private), is_explicit: true };
        }
        let name = match crate_name("agno") {
            // Examples and tests of the facade see it as a dependency too, under its own name.
            Ok(FoundCrate::Name(name)) => name,
            Ok(FoundCrate::Itself) | Err(_) => "agno".to_owned(),
        };
        let name = Ident::new(&name, Span::call_site());
        Self { tokens: quote!(::#name::__private), is_explicit: false }
    }

    /// The same, for an expression which rustc should blame at `span`: it would blame the macro for a path that stands there.
    pub(crate) fn at(&self, span: Span) -> Self {
        let tokens = self.tokens.clone().into_iter().map(|mut token| {
            token.set_span(if self.is_explicit { token.span().located_at(span) } else { span });
            token
        });
        Self { tokens: tokens.collect(), is_explicit: self.is_explicit }
    }
}

impl quote::ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.tokens.clone());
    }
}

//! A function: its signature is parsed, its body is not.

use proc_macro2::TokenStream;
use syn::{Attribute, Signature, Visibility, parse::ParseStream, token};

use crate::{diag::step_messages as messages, step::raw::RawFn};

/// From the signature to the end of the body.
pub(crate) fn parse_function(attrs: Vec<Attribute>, vis: Visibility, input: ParseStream<'_>) -> syn::Result<RawFn> {
    let sig: Signature = input.parse()?;
    if !input.peek(token::Brace) {
        return Err(syn::Error::new(sig.ident.span(), messages::step_without_body()));
    }
    let body: TokenStream = std::iter::once(input.parse::<proc_macro2::TokenTree>()?).collect();
    Ok(RawFn { attrs, vis, sig, body })
}

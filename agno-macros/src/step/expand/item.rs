//! The user's item, as it was written, less the attributes that only we understand.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::FnArg;

use crate::step::raw::{RawFn, RawImpl, RawItem, RawMember};

pub(crate) fn expand_item(item: &RawItem) -> TokenStream {
    match item {
        RawItem::Function(function) => expand_function(function),
        RawItem::Impl(block) => expand_impl(block),
    }
}

fn expand_function(function: &RawFn) -> TokenStream {
    let RawFn { attrs, vis, sig, body } = function;
    let mut sig = sig.clone();
    for input in &mut sig.inputs {
        if let FnArg::Typed(input) = input {
            input.attrs.retain(|attr| !attr.path().is_ident("state") && !attr.path().is_ident("extra"));
        }
    }
    quote!(#(#attrs)* #vis #sig #body)
}

fn expand_impl(block: &RawImpl) -> TokenStream {
    // The header repeats what was parsed of it.
    let RawImpl { attrs, header, generics: _, of_trait: _, self_ty: _, brace, members } = block;
    let mut tokens = quote!(#(#attrs)* #header);
    brace.surround(&mut tokens, |tokens| {
        for member in members {
            match member {
                // Of the functions only `run` is ours.
                RawMember::Function(function) if function.sig.ident == "run" => tokens.extend(expand_function(function)),
                RawMember::Function(RawFn { attrs, vis, sig, body }) => tokens.extend(quote!(#(#attrs)* #vis #sig #body)),
                RawMember::Other(other) => other.to_tokens(tokens),
            }
        }
    });
    tokens
}

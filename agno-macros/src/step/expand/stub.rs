//! What stands in for a step that is wrong: something that fits everywhere, so that the mistake is reported once.
//!
//! The first message stands in the place of a type. rustc takes it for the type whose mistake is already reported, and says nothing
//! about values of it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Error;

use super::marker::allowed_lints;
use crate::{
    paths::Root,
    step::{
        check::is_primitive,
        raw::{RawFn, RawImpl, RawItem},
    },
};

pub(crate) fn expand_stub(item: &RawItem, mistakes: Error, root: &Root) -> TokenStream {
    let mut messages = mistakes.into_iter().map(Error::into_compile_error);
    let (Some(first), rest) = (messages.next(), messages) else { unreachable!("an error has at least one message") };
    let rest: TokenStream = rest.collect();
    let stub = match item {
        RawItem::Function(function) => stub_function(function, &first, root),
        RawItem::Impl(block) => stub_executor(block, &first, root),
    };
    let stub = stub.unwrap_or(first);
    quote!(#stub #rest)
}

/// A marker as for a step. There is none where it would do harm: among methods, and with the name of a primitive type.
fn stub_function(function: &RawFn, message: &TokenStream, root: &Root) -> Option<TokenStream> {
    let RawFn { attrs: _, vis, sig, body: _ } = function;
    let name = &sig.ident;
    if sig.receiver().is_some() || is_primitive(name) {
        return None;
    }
    let allowed = allowed_lints();
    Some(quote_spanned! {Span::mixed_site()=>
        #allowed
        #vis struct #name {}

        #allowed
        const _: () = {
            type Broken = [(); #message];

            impl #name {
                pub fn enter<A>(_: A) -> Broken {
                    ::core::unreachable!()
                }
            }

            #[automatically_derived]
            impl #root::Describe for #name {
                fn about() -> #root::About {
                    ::core::unreachable!()
                }
            }

            #[automatically_derived]
            impl #root::ChildStep for #name {
                type Input = Broken;
                type Output = Broken;
                const NAME: &'static str = "";

                fn run_child<'a>(
                    _: &'a mut #root::ChildCx,
                    _: &'static #root::Node,
                    _: &'a #root::Arc<Broken>,
                ) -> #root::Body<'a, Broken, #root::Child> {
                    ::core::unreachable!()
                }
            }
        };
    })
}

/// The same for the type of an `impl` block. A trait's `impl` may be for a type of another crate, so there is none for it.
fn stub_executor(block: &RawImpl, message: &TokenStream, root: &Root) -> Option<TokenStream> {
    let RawImpl { attrs: _, header: _, generics, of_trait, self_ty, brace: _, members: _ } = block;
    if of_trait.is_some() {
        return None;
    }
    let allowed = allowed_lints();
    let (params, _, bounds) = generics.split_for_impl();
    Some(quote_spanned! {Span::mixed_site()=>
        #allowed
        const _: () = {
            type Broken = [(); #message];

            impl #params #self_ty #bounds {
                pub fn enter_value<A>(self: &#root::Arc<Self>, _: A) -> Broken {
                    ::core::unreachable!()
                }
            }

            #[automatically_derived]
            impl #params #root::Describe for #self_ty #bounds {
                fn about() -> #root::About {
                    ::core::unreachable!()
                }
            }

            #[automatically_derived]
            impl #params #root::ChildExecutor for #self_ty #bounds {
                type Input = Broken;
                type Output = Broken;
                const NAME: &'static str = "";

                fn run_child<'a>(
                    _: &'a #root::Arc<Self>,
                    _: &'a mut #root::ChildCx,
                    _: &'static #root::Node,
                    _: &'a #root::Arc<Broken>,
                ) -> #root::Body<'a, Broken, #root::Child> {
                    ::core::unreachable!()
                }
            }
        };
    })
}

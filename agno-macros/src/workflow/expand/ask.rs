//! A question to a person.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::Expander;
use crate::workflow::graph::{Ask, Node};

pub(super) fn expand_ask(expander: &Expander<'_>, node: &Node, ask: &Ask) -> TokenStream {
    let Ask { ty, question, default } = ask;
    let id = expander.node_static(node);
    let p = expander.p;
    let cx = expander.cx(node.at);
    let asked = quote_spanned!(ty.span()=> #p::Question::<#ty>::new());
    let lets = expander.lets(&question.names);
    let expr = &question.expr;
    let text = quote_spanned!(expr.span()=> #p::text(&#expr));
    let text = if lets.is_empty() { quote!(|| #text) } else { quote!(|| { #lets #text }) };
    let default = match default {
        Some(default) => {
            let default = expander.expression(default);
            quote!(::core::option::Option::Some(|| #default))
        }
        None => quote!(::core::option::Option::None::<fn() -> #ty>),
    };
    quote!(#cx.ask(&#id, #asked, #text, #default).await)
}

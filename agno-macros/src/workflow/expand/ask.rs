//! A question to a person.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt as _, spanned::Spanned};

use super::Expander;
use crate::workflow::graph::{Ask, Handle, Node};

pub(super) fn expand_ask(expander: &Expander<'_>, node: &Node, ask: &Ask) -> TokenStream {
    let Ask { ty, question, default } = ask;
    let at = expander.ours(node.at);
    let id = expander.node_static(node);
    let cx = expander.cx(node.at);
    let asked = expander.part_static(node, "VALUE");
    let lets = expander.lets(&question.names);
    let expr = &question.expr;
    let p = expander.p_at(expr.span());
    let text = quote_spanned!(expr.span()=> <_ as #p::QuestionText>::text(&#expr));
    let text = if lets.is_empty() { quote_spanned!(at=> || #text) } else { quote_spanned!(at=> || { #lets #text }) };
    let default = match default {
        Some(default) => {
            let default = expander.expression(default);
            // By a return type, so that another type is shown at the expression.
            quote_spanned!(at=> ::core::option::Option::Some(|| -> #ty { #default }))
        }
        None => quote_spanned!(at=> ::core::option::Option::None::<fn() -> #ty>),
    };
    let about = about(expander, node);
    let asked = quote_spanned!(at=> #cx.ask(&#id, #asked, #text, #about, #default).await);
    match node.options.migrate.get() {
        Some(path) => {
            let gives = quote_spanned!(path.span()=> let _: fn(_) -> #ty = #path;);
            quote_spanned!(at=> { #gives #asked })
        }
        None => asked,
    }
}

/// What is piped into the question, as JSON. By autoref, so that a value which is none is left out and no second error says so.
fn about(expander: &Expander<'_>, node: &Node) -> TokenStream {
    let p = expander.p;
    let json = |Handle { ident, id: _ }: &Handle| quote!((&#p::Piped(&*#ident)).agno_json());
    let about = match node.piped.branches()[..] {
        [(handle, None)] => json(handle),
        ref branches => {
            let branches = branches.iter().map(|(handle, name)| {
                let (name, json) = (name.map(|name| name.unraw().to_string()).unwrap_or_default(), json(handle));
                quote!((#name, #json))
            });
            quote!(#p::piped_branches([#(#branches),*]))
        }
    };
    quote!(|| { use #p::{PipedJson as _, PipedOther as _}; #about })
}

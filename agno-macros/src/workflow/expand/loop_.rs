//! A body that is repeated.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Expander, handle_at, local, tuple};
use crate::workflow::graph::{Loop, Node};

pub(super) fn expand_loop(expander: &Expander<'_>, node: &Node, r#loop: &Loop) -> TokenStream {
    let Loop { max: _, restart, on_max: _, current, next, body, until } = r#loop;
    let id = expander.node_static(node);
    let (p, cx) = (expander.p, expander.cx(node.at));
    let [turns, turn, out, done, carried] = ["turns", "turn", "out", "done", "carried"].map(|name| local(name, node.at));
    let current: Vec<_> = current.handles().into_iter().map(|handle| &handle.ident).collect();
    let first: Vec<_> = node.piped.handles().into_iter().map(|handle| &handle.ident).collect();
    let next: Vec<_> = next.handles().into_iter().map(|handle| &handle.ident).collect();
    let (statements, values) = expander.block(body);
    let at = body.end();
    let carries = values.iter().enumerate().map(|(index, value)| {
        let next = next[index];
        match current.get(index) {
            Some(current) if !restart => {
                let current = handle_at_ident(current, at);
                quote_spanned!(at=> let #next = #p::carries(&#current, #value);)
            }
            _ => quote!(let #next = #value;),
        }
    });
    let until = match until {
        Some(until) => expander.decision(until, &expander.part_static(node, "UNTIL"), "decide"),
        None => quote!(false),
    };
    let mutable = (!restart).then(|| quote!(mut));
    let pattern = tuple(&current.iter().map(|current| quote!(#mutable #current)).collect::<Vec<_>>());
    let start = tuple(&first.iter().map(|first| quote!(::core::clone::Clone::clone(&#first))).collect::<Vec<_>>());
    let carry = (!restart).then(|| {
        let current = tuple(&current);
        quote!(#current = #carried;)
    });
    let next = tuple(&next);
    let ok = expander.ok(&quote!((#next, #done)));
    let iteration = expander.future(&quote!(#statements #(#carries)* let #done = #until; #ok), body.weight());
    let end = expander.ok(&quote!(#carried));
    let repeated = quote!(async {
        let #pattern = #start;
        loop {
            #cx.turn(&mut #turns);
            let #turn = #iteration.await;
            let (#carried, #done) = #cx.turned(&mut #turns, #turn)?;
            if #cx.is_over(&mut #turns, #done)? {
                break #end;
            }
            #carry
        }
    });
    let repeated = match node.options.timeout.get() {
        Some(_) => quote!(#p::timed(#cx.turns_deadline(&#turns), #repeated)),
        None => repeated,
    };
    quote!({
        let mut #turns = #cx.turns(&#id);
        let #out = #repeated.await;
        #cx.end_turns(#turns, #out)
    })
}

fn handle_at_ident(ident: &proc_macro2::Ident, at: proc_macro2::Span) -> proc_macro2::Ident {
    handle_at(&crate::workflow::graph::Handle { id: 0, ident: ident.clone() }, at)
}

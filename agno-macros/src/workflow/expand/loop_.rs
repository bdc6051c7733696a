//! A body that is repeated.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::{Expander, size, tuple};
use crate::workflow::graph::{Loop, Node};

pub(super) fn expand_loop(expander: &Expander<'_>, node: &Node, r#loop: &Loop) -> TokenStream {
    let Loop { max: _, restart, on_max: _, current, next, body, until } = r#loop;
    let at = expander.ours(node.at);
    let id = expander.node_static(node);
    let (p, cx) = (expander.p, expander.cx(node.at));
    let [turns, turn, out, done, carried] = ["turns", "turn", "out", "done", "carried"].map(|name| expander.local(name, node.at));
    let current: Vec<_> = current.handles().into_iter().map(|handle| &handle.ident).collect();
    let first: Vec<_> = node.piped.handles().into_iter().map(|handle| &handle.ident).collect();
    let next: Vec<_> = next.handles().into_iter().map(|handle| &handle.ident).collect();
    let (statements, values) = expander.block(body);
    let end = body.end();
    let to_end = expander.p_at(end);
    let carries = values.iter().enumerate().map(|(index, value)| {
        let next = next[index];
        match current.get(index) {
            Some(current) if !restart => {
                let current = Ident::new(&current.to_string(), expander.ours(end));
                quote_spanned!(end=> let #next = <_ as #to_end::CarriedAs<_>>::carried(&#current, #value);)
            }
            _ => quote_spanned!(at=> let #next = #value;),
        }
    });
    let until = match until {
        Some(until) => expander.decision(until, &expander.part_static(node, "UNTIL"), "decide"),
        None => quote_spanned!(at=> false),
    };
    let mutable = (!restart).then(|| quote_spanned!(at=> mut));
    let pattern = tuple(&current.iter().map(|current| quote_spanned!(at=> #mutable #current)).collect::<Vec<_>>());
    let start = tuple(&first.iter().map(|first| quote_spanned!(at=> ::core::clone::Clone::clone(&#first))).collect::<Vec<_>>());
    let carry = (!restart).then(|| {
        // Not simply assigned: after a mistake the value's type is what comes after the loop expects.
        match current.as_slice() {
            [one] => quote_spanned!(expander.ours(end)=> #one = #to_end::next_turn(#carried);),
            several => {
                let values: Vec<_> = (0..several.len()).map(|index| expander.local(&format!("v{index}"), end)).collect();
                quote_spanned!(expander.ours(end)=> let (#(#values),*) = #carried; #(#several = #to_end::next_turn(#values);)*)
            }
        }
    });
    let next = tuple(&next);
    let ok = expander.ok(&quote_spanned!(at=> (#next, #done)));
    let iteration = expander.future(&quote_spanned!(at=> #statements #(#carries)* let #done = #until; #ok), size::block_size(body));
    let end = expander.ok(&quote_spanned!(at=> #carried));
    let repeated = quote_spanned!(at=> async {
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
        Some(_) => quote_spanned!(at=> #p::timed(#cx.turns_deadline(&#turns), #repeated)),
        None => repeated,
    };
    quote_spanned!(at=> {
        let mut #turns = #cx.turns(&#id);
        let #out = #repeated.await;
        #cx.end_turns(#turns, #out)
    })
}

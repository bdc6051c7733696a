//! One of several arms, or with `many` several of them in turn.

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::{Expander, container, size, tuple};
use crate::workflow::{
    graph::{Arm, Decision, Handle, Many, Node, Router},
    source,
};

pub(super) fn expand_router(expander: &Expander<'_>, node: &Node, router: &Router) -> TokenStream {
    let Router { selector, selected, many, arms } = router;
    let at = expander.ours(node.at);
    let select = expander.decision(selector, &expander.part_static(node, "SELECT"), "select");
    let Handle { ident: chosen, id: _ } = selected;
    let body = match many {
        None => {
            let matched = expand_match(expander, node, chosen, arms);
            let ok = expander.ok(&matched);
            quote_spanned!(at=> let #chosen = #select; #ok)
        }
        Some(many) => {
            let turns = expand_many(expander, node, router, many);
            quote_spanned!(at=> let #chosen = #select; #turns)
        }
    };
    let body = expander.future(&body, size::inside(node));
    container::opened(expander, node, &body)
}

fn expand_match(expander: &Expander<'_>, node: &Node, matched: &Ident, arms: &[Arm]) -> TokenStream {
    let at = expander.ours(node.at);
    let (p, cx) = (expander.p, expander.cx(node.at));
    let arms = arms.iter().map(|arm| {
        let Arm { pattern, guard, body, end } = arm;
        let guard = guard.as_ref().map(|guard| {
            let guard = expander.expression(guard);
            quote_spanned!(at=> if #guard)
        });
        let text = source::text(pattern.to_token_stream());
        let (statements, values) = expander.block(body);
        let value = tuple(&values);
        // Attempts match again, so the bindings of this match are for guards only.
        // The body ends where the user's arm does: there rustc suggests to add a missing one.
        let mut body = Group::new(Delimiter::Brace, quote_spanned!(at=> #cx.routed(#text); #statements #value));
        body.set_span(expander.ours(*end));
        quote_spanned!(at=> #[allow(unused_variables)] #pattern #guard => #body)
    });
    let matched = Ident::new(&matched.to_string(), at);
    let scrutinee = quote_spanned!(node.at=> #matched.pattern());
    quote_spanned!(at=> {
        #[allow(unused_imports)]
        use #p::Pattern as _;
        match #scrutinee { #(#arms)* }
    })
}

fn expand_many(expander: &Expander<'_>, node: &Node, router: &Router, many: &Many) -> TokenStream {
    let (Many { item, current }, Handle { ident: chosen, id: _ }, arms) = (many, &router.selected, &router.arms);
    let id = expander.node_static(node);
    let cx = expander.cx(node.at);
    let [index, open, out] = ["index", "open", "out"].map(|name| expander.local(name, node.at));
    let at = expander.ours(node.at);
    let end = arms.first().map_or(node.at, |arm| arm.body.end());
    let current: Vec<_> = current.handles().into_iter().map(|handle| expander.handle_at(handle, end)).collect();
    let first: Vec<_> = node.piped.handles().into_iter().map(|handle| &handle.ident).collect();
    let values: Vec<_> = (0..current.len()).map(|part| expander.local(&format!("v{part}"), end)).collect();
    let matched = expand_match(expander, node, &item.ident, arms);
    let inside = expander.ok(&matched);
    let to_end = expander.p_at(end);
    let selector = match &router.selector {
        Decision::Step(call) => call.callee.span(),
        Decision::Closure(closure) => closure.closure.inputs_begin.spans[0],
    };
    let (to_selector, list) = (expander.p_at(selector), Ident::new(&chosen.to_string(), expander.ours(selector)));
    let items = quote_spanned!(expander.ours(selector)=> <_ as #to_selector::List>::items(&#list));
    let carried = tuple(
        &current
            .iter()
            .zip(&values)
            .map(|(current, value)| quote_spanned!(end=> <_ as #to_end::CarriedAs<_>>::carried(&#current, #value)))
            .collect::<Vec<_>>(),
    );
    let pattern = tuple(&current.iter().map(|current| quote_spanned!(at=> mut #current)).collect::<Vec<_>>());
    let start = tuple(&first.iter().map(|first| quote_spanned!(at=> ::core::clone::Clone::clone(&#first))).collect::<Vec<_>>());
    let (values, current) = (tuple(&values), tuple(&current));
    let ok = expander.ok(&current);
    let item = &item.ident;
    quote_spanned! {at=>
        let #pattern = #start;
        for (#index, #item) in ::core::iter::Iterator::enumerate(::core::iter::IntoIterator::into_iter(#items)) {
            let #open = #cx.open_many(&#id, #index);
            let #out = async { #inside }.await;
            let #values = #cx.close(#open, #out)?;
            #current = #carried;
        }
        #ok
    }
}

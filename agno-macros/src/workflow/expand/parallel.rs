//! Branches, side by side.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Expander, tuple};
use crate::workflow::{
    graph::{Handle, Node, OnError, Parallel},
    resolve::text,
};

pub(super) fn expand_parallel(expander: &Expander<'_>, node: &Node, parallel: &Parallel) -> TokenStream {
    let Parallel { limit: _, branches } = parallel;
    let at = expander.ours(node.at);
    let id = expander.node_static(node);
    let cx = expander.cx(node.at);
    let collects = matches!(node.on_error, OnError::Collect);
    let [join, joined, done] = ["join", "joined", "done"].map(|name| expander.local(name, node.at));
    let mut slots = TokenStream::new();
    let mut unpack = TokenStream::new();
    let mut values = Vec::new();
    for branch in branches {
        let slot = expander.local(&format!("slot_{}", text(&branch.name)), branch.at);
        let added = expand_branch(expander, branch, collects);
        slots.extend(quote_spanned!(at=> let #slot = { #added };));
        if collects {
            let copier = expander.copier(branch.at);
            values.push(quote_spanned!(at=> #done.collected(#slot, #copier)));
        } else if branch.value.count() == 1 {
            values.push(quote_spanned!(at=> #done.take(#slot)));
        } else {
            let parts: Vec<_> =
                (0..branch.value.count()).map(|part| expander.local(&format!("part_{}_{part}", text(&branch.name)), node.at)).collect();
            unpack.extend(quote_spanned!(at=> let (#(#parts),*) = #done.take(#slot);));
            values.extend(parts.iter().map(|part| quote_spanned!(at=> #part)));
        }
    }
    let values = tuple(&values);
    quote_spanned!(at=> {
        let mut #join = #cx.parallel(&#id);
        #slots
        let #joined = #join.all().await;
        #joined.map(|mut #done| { #unpack #values })
    })
}

/// `let h = Clone::clone(&h); join.branch(|mut cx| async move { … })`
fn expand_branch(expander: &Expander<'_>, node: &Node, collects: bool) -> TokenStream {
    let at = expander.ours(node.at);
    let (cx, join) = (expander.cx(node.at), expander.local("join", node.at));
    let mut captured: Vec<&Handle> = node.reads.iter().collect();
    captured.extend(node.value.handles().into_iter().filter(|handle| node.piped.handles().contains(handle)));
    captured.sort();
    captured.dedup();
    let clones = expander.clones(&captured);
    let statement = expander.statement(node);
    let values: Vec<TokenStream> = node
        .value
        .handles()
        .into_iter()
        .map(|handle| {
            let handle = expander.handle_at(handle, node.at);
            quote_spanned!(at=> #handle)
        })
        .collect();
    let value = if collects { expander.as_one(&values, node.at) } else { tuple(&values) };
    let ok = expander.ok(&value);
    let body = quote_spanned!(at=> async move { let #cx = &mut #cx; #statement #ok });
    quote_spanned!(at=> #clones #join.branch(|mut #cx| #body))
}

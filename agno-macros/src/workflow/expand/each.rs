//! A body for each item of a list.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::Expander;
use crate::workflow::graph::{Each, Node, OnError};

pub(super) fn expand_each(expander: &Expander<'_>, node: &Node, each: &Each) -> TokenStream {
    let Each { limit: _, item, captures, body } = each;
    let id = expander.node_static(node);
    let (p, cx) = (expander.p_at(node.at), expander.cx(node.at));
    let list = node.piped.handles().first().map(|handle| expander.handle_at(handle, node.at));
    let list = quote_spanned!(node.at=> <_ as #p::List>::items(&#list));
    let run = if matches!(node.on_error, OnError::Collect) { "collect" } else { "run" };
    let clones = expander.clones(&captures.iter().collect::<Vec<_>>());
    let (statements, value) = expander.block_as_one(body);
    let ok = expander.ok(&value);
    let inside = quote!(async move { let #cx = &mut #cx; #statements #ok });
    let item = &item.ident;
    // `Clone` is asked of what the body gives.
    let end = expander.ours(body.end());
    let run = Ident::new(run, end);
    let copier = expander.copier(body.end());
    let outside = expander.cx(body.end());
    quote_spanned!(end=> #outside.each(&#id, #list).#run(|mut #cx, #item| { #clones #inside }, #copier).await)
}

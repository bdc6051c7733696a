//! An adapter.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned as _;

use super::Expander;
use crate::workflow::graph::{Map, Node};

pub(super) fn expand_map(expander: &Expander<'_>, node: &Node, map: &Map) -> TokenStream {
    let Map { closure } = map;
    let at = expander.ours(node.at);
    let id = expander.node_static(node);
    let cx = expander.cx(node.at);
    let apply = expander.over_piped("pick", closure);
    let codec = expander.codec_of(closure);
    let apply = match node.options.migrate.get() {
        Some(path) => {
            let p = expander.p_at(path.span());
            let adapter = expander.local("adapter", node.at);
            // First the adapter, so that a mismatch is shown at the migration.
            let let_adapter = quote_spanned!(at=> let #adapter = #apply;);
            let adapter = quote_spanned!(path.span()=> #p::gives_as(#adapter, #path));
            quote_spanned!(at=> { #let_adapter #adapter })
        }
        None => apply,
    };
    quote_spanned!(at=> #cx.map(&#id, #apply, #codec))
}

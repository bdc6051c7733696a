//! An adapter.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::Expander;
use crate::workflow::graph::{Map, Node};

pub(super) fn expand_map(expander: &Expander<'_>, node: &Node, map: &Map) -> TokenStream {
    let Map { closure } = map;
    let at = expander.ours(node.at);
    let id = expander.node_static(node);
    let cx = expander.cx(node.at);
    let apply = expander.over_piped("pick", closure);
    let codec = expander.codec_of(closure);
    quote_spanned!(at=> #cx.map(&#id, #apply, #codec))
}

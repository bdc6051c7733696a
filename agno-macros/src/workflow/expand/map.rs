//! An adapter.

use proc_macro2::TokenStream;
use quote::quote;

use super::Expander;
use crate::workflow::graph::{Map, Node};

pub(super) fn expand_map(expander: &Expander<'_>, node: &Node, map: &Map) -> TokenStream {
    let Map { closure } = map;
    let id = expander.node_static(node);
    let cx = expander.cx(node.at);
    let apply = expander.over_piped("pick", closure);
    quote!(#cx.map(&#id, #apply))
}

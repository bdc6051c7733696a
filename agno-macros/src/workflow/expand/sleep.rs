//! A pause in time.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::Expander;
use crate::workflow::graph::{Node, Sleep};

pub(super) fn expand_sleep(expander: &Expander<'_>, node: &Node, sleep: &Sleep) -> TokenStream {
    let Sleep { duration: _ } = sleep;
    let at = expander.ours(node.at);
    let id = expander.node_static(node);
    let cx = expander.cx(node.at);
    quote_spanned!(at=> #cx.sleep(&#id).await)
}

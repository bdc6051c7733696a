//! `steps`, and what all containers that open and close around one body share.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::Expander;
use crate::workflow::graph::{Kind, Node, OnError, Steps};

/// Whether the node opens itself around one body, in which a person can decide about a failure.
pub(super) fn decides_inside(node: &Node) -> bool {
    matches!(node.kind, Kind::Steps(_) | Kind::Condition(_) | Kind::Router(_))
}

pub(super) fn expand_steps(expander: &Expander<'_>, node: &Node, steps: &Steps) -> TokenStream {
    let Steps { body } = steps;
    let body = expander.body(body);
    opened(expander, node, &body)
}

/// `{ let open = cx.open(&N); let out = BODY.await; cx.close(open, out) }`
pub(super) fn opened(expander: &Expander<'_>, node: &Node, body: &TokenStream) -> TokenStream {
    let id = expander.node_static(node);
    let at = expander.ours(node.at);
    let (p, cx) = (expander.p, expander.cx(node.at));
    let [open, out] = ["open", "out"].map(|name| expander.local(name, node.at));
    let mut body = body.clone();
    if matches!(node.on_error, OnError::Pause) {
        let decided = expander.until_decided(node, &quote_spanned!(at=> #body.await), |value| expander.ok(value));
        body = quote_spanned!(at=> async { #decided });
    }
    let future = match node.options.timeout.get() {
        Some(_) => quote_spanned!(at=> #p::timed(#cx.deadline(&#open), #body)),
        None => body,
    };
    quote_spanned!(at=> {
        let #open = #cx.open(&#id);
        let #out = #future.await;
        #cx.close(#open, #out)
    })
}

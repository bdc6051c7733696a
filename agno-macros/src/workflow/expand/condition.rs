//! A body that may be left out.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Expander, container, handle_at, local, ours, size, tuple};
use crate::workflow::graph::{Condition, Node, Otherwise};

pub(super) fn expand_condition(expander: &Expander<'_>, node: &Node, condition: &Condition) -> TokenStream {
    let Condition { predicate, body, otherwise } = condition;
    let at = ours(node.at);
    let (cx, yes) = (expander.cx(node.at), local("yes", node.at));
    let decision = expander.decision(predicate, &expander.part_static(node, "IF"), "decide");
    let (then, other) = match otherwise {
        Otherwise::Nodes(block) => {
            let (statements, values) = expander.block(body);
            let values = tuple(&values);
            let (other, others) = expander.block(block);
            let others = tuple(&others);
            (quote_spanned!(at=> #statements #values), quote_spanned!(at=> #other #others))
        }
        Otherwise::None => {
            let (statements, value) = expander.block_as_one(body);
            let some = expander.some(&value, body.value.count() > 1, node.at);
            (quote_spanned!(at=> #statements #some), quote_spanned!(at=> #cx.none()))
        }
        Otherwise::PassesThrough => {
            let (statements, values) = expander.block(body);
            let end = body.end();
            let piped: Vec<_> = node.piped.handles().into_iter().map(|handle| handle_at(handle, end)).collect();
            let p = expander.p_at(end);
            let same: Vec<_> =
                values.iter().zip(&piped).map(|(value, piped)| quote_spanned!(end=> <_ as #p::SameAs<_>>::same(&#piped, #value))).collect();
            let same = tuple(&same);
            let passed: Vec<_> = piped.iter().map(|piped| quote_spanned!(at=> ::core::clone::Clone::clone(&#piped))).collect();
            let passed = tuple(&passed);
            (quote_spanned!(at=> #statements #same), quote_spanned!(at=> #passed))
        }
    };
    let ok = expander.ok(&quote_spanned!(at=> if #yes { #cx.took(true); #then } else { #cx.took(false); #other }));
    let body = expander.future(&quote_spanned!(at=> let #yes = #decision; #ok), size::inside(node));
    container::opened(expander, node, &body)
}

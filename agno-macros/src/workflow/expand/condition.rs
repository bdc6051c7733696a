//! A body that may be left out.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::{Expander, container, size, tuple};
use crate::workflow::graph::{Condition, Node, Otherwise};

pub(super) fn expand_condition(expander: &Expander<'_>, node: &Node, condition: &Condition) -> TokenStream {
    let Condition { predicate, body, otherwise } = condition;
    let at = expander.ours(node.at);
    let (cx, yes) = (expander.cx(node.at), expander.local("yes", node.at));
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
            let some = expander.some(&value, body.value.count() > 1, body.end());
            (quote_spanned!(at=> #statements #some), quote_spanned!(at=> #cx.none()))
        }
        Otherwise::PassesThrough => {
            let (statements, values) = expander.block(body);
            let values = tuple(&values);
            (quote_spanned!(at=> #statements ::core::option::Option::Some(#values)), quote_spanned!(at=> ::core::option::Option::None))
        }
    };
    let sides = quote_spanned!(at=> if #yes { #cx.took(true); #then } else { #cx.took(false); #other });
    let ok = expander.ok(&match otherwise {
        Otherwise::PassesThrough => expander.or_piped(&sides, node, body.end()),
        Otherwise::Nodes(_) | Otherwise::None => sides,
    });
    let body = expander.future(&quote_spanned!(at=> let #yes = #decision; #ok), size::inside(node));
    container::opened(expander, node, &body)
}

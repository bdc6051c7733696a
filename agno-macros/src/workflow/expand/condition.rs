//! A body that may be left out.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::{Expander, container, handle_at, local, tuple};
use crate::workflow::graph::{Condition, Node, Otherwise};

pub(super) fn expand_condition(expander: &Expander<'_>, node: &Node, condition: &Condition) -> TokenStream {
    let Condition { predicate, body, otherwise } = condition;
    let (p, cx, yes) = (expander.p, expander.cx(node.at), local("yes", node.at));
    let decision = expander.decision(predicate, &expander.part_static(node, "IF"), "decide");
    let (then, other) = match otherwise {
        Otherwise::Nodes(block) => {
            let (statements, values) = expander.block(body);
            let values = tuple(&values);
            let (other, others) = expander.block(block);
            let others = tuple(&others);
            (quote!(#statements #values), quote!(#other #others))
        }
        Otherwise::None => {
            let (statements, value) = expander.block_as_one(body);
            (quote!(#statements #cx.some(#value)), quote!(#cx.none()))
        }
        Otherwise::PassesThrough => {
            let (statements, values) = expander.block(body);
            let at = body.end();
            let piped: Vec<_> = node.piped.handles().into_iter().map(|handle| handle_at(handle, at)).collect();
            let same: Vec<_> = values.iter().zip(&piped).map(|(value, piped)| quote_spanned!(at=> #p::passes(&#piped, #value))).collect();
            let same = tuple(&same);
            let passed: Vec<_> = piped.iter().map(|piped| quote!(::core::clone::Clone::clone(&#piped))).collect();
            let passed = tuple(&passed);
            (quote!(#statements #same), quote!(#passed))
        }
    };
    let ok = expander.ok(&quote!(if #yes { #cx.took(true); #then } else { #cx.took(false); #other }));
    let body = expander.future(&quote!(let #yes = #decision; #ok), node.weight() - 1);
    container::opened(expander, node, &body)
}

//! Nodes in order, and their value.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Expander, size, tuple};
use crate::workflow::graph::{Block, Handle, Kind, Node};

/// So many nodes stand in one async body; rustc and LLVM are worse than quadratic in its length.
pub(super) const LONGEST: usize = 10;

impl Expander<'_> {
    /// The statements, and the handles of the value as a flat list of expressions.
    pub(super) fn block(&self, block: &Block) -> (TokenStream, Vec<TokenStream>) {
        let nodes: Vec<&Node> = block.nodes.iter().collect();
        let mut wanted: BTreeSet<&Handle> = block.value.handles().into_iter().collect();
        wanted.extend(&block.read_after);
        let statements = self.sequence(&nodes, block, &wanted);
        (statements, self.values(block))
    }

    fn values(&self, block: &Block) -> Vec<TokenStream> {
        let at = block.end();
        let handles = block.value.handles();
        handles
            .into_iter()
            .map(|handle| {
                let ident = self.handle_at(handle, at);
                // What belongs to a block around this one, or is read by `until`, is not ours to give away.
                if block.owned.contains(handle) && !block.read_after.contains(handle) {
                    quote!(#ident)
                } else {
                    quote_spanned!(ident.span()=> ::core::clone::Clone::clone(&#ident))
                }
            })
            .collect()
    }

    /// The value as one: several become a tuple.
    pub(super) fn as_one(&self, values: &[TokenStream], at: Span) -> TokenStream {
        match values {
            [one] => one.clone(),
            _ => {
                let (cx, copier) = (self.cx(at), self.copier(at));
                let function = Ident::new(&format!("tuple{}", values.len()), at);
                quote_spanned!(at=> #cx.#function(#((#values, #copier)),*))
            }
        }
    }

    /// `cx.some(value)`. A tuple is made first: both borrow `cx`.
    pub(super) fn some(&self, value: &TokenStream, several: bool, at: Span) -> TokenStream {
        let (cx, copier) = (self.cx(at), self.copier(at));
        if several {
            let whole = self.local("whole", at);
            quote_spanned!(at=> { let #whole = #value; #cx.some(#whole, #copier) })
        } else {
            quote_spanned!(at=> #cx.some(#value, #copier))
        }
    }

    /// How the value is cloned that a container gathers: the only place that asks whether it can be.
    pub(super) fn copier(&self, at: Span) -> TokenStream {
        let p = self.p_at(at);
        quote_spanned!(self.ours(at)=> <#p::Container as #p::Owns<_>>::COPIER)
    }

    pub(super) fn block_as_one(&self, block: &Block) -> (TokenStream, TokenStream) {
        let (statements, values) = self.block(block);
        let value = self.as_one(&values, block.end());
        (statements, value)
    }

    /// `async { …; Ok(value) }`, in a box if it is big.
    pub(super) fn body(&self, block: &Block) -> TokenStream {
        let (statements, values) = self.block(block);
        let ok = self.ok(&tuple(&values));
        self.future(&quote!(#statements #ok), size::block_size(block))
    }

    /// An async block, which is awaited in place unless so many nodes stand in it that rustc should see them apart.
    pub(super) fn future(&self, body: &TokenStream, size: usize) -> TokenStream {
        let p = self.p;
        if size::is_big(size) { quote!(#p::boxed(async { #body })) } else { quote!(async { #body }) }
    }

    /// `Ok(value)`, of the type that `?` in an async block needs.
    pub(super) fn ok(&self, value: &TokenStream) -> TokenStream {
        let p = self.p;
        quote!(::core::result::Result::<_, #p::Stop<_>>::Ok(#value))
    }

    /// Long blocks are cut into groups, each of which hands on the handles that are still wanted.
    fn sequence(&self, nodes: &[&Node], block: &Block, wanted: &BTreeSet<&Handle>) -> TokenStream {
        if nodes.len() <= LONGEST {
            return nodes.iter().map(|node| self.statement(node)).collect();
        }
        let mut groups = nodes.len().div_ceil(LONGEST);
        // More groups than one body holds become groups of groups.
        groups = groups.min(LONGEST);
        let size = nodes.len().div_ceil(groups);
        let p = self.p;
        let mut rest = nodes;
        let mut statements = TokenStream::new();
        while !rest.is_empty() {
            let (group, after) = rest.split_at(size.min(rest.len()));
            let mut needed = wanted.clone();
            needed.extend(after.iter().flat_map(|node| node.reads.iter().chain(&node.last_reads)));
            let inside = self.sequence(group, block, &needed);
            let mut given: Vec<&Handle> =
                group.iter().flat_map(|node| node.value.handles()).filter(|handle| needed.contains(*handle)).collect();
            given.retain(|handle| block.owned.contains(*handle) && !rest_defines(nodes, group, handle));
            given.sort();
            given.dedup();
            let given: Vec<&Ident> = given.into_iter().map(|handle| &handle.ident).collect();
            let given = tuple(&given);
            let ok = self.ok(&given);
            statements.extend(quote!(let #given = #p::boxed(async { #inside #ok }).await?;));
            rest = after;
        }
        statements
    }

    /// `let h_write = …;`, and the end of what nothing reads any more.
    pub(super) fn statement(&self, node: &Node) -> TokenStream {
        let at = self.ours(node.at);
        let value = self.value_of(node);
        let done = &node.last_reads;
        let done = done.iter().map(|handle| {
            let ident = &handle.ident;
            quote_spanned!(at=> ::core::mem::drop(#ident);)
        });
        let pattern = if matches!(node.kind, Kind::Sleep(_)) { TokenStream::new() } else { self.pattern(node) };
        if pattern.is_empty() { quote_spanned!(at=> #value; #(#done)*) } else { quote_spanned!(at=> let #pattern = #value; #(#done)*) }
    }

    /// The handles of a node's value, flat; `_` for what nothing reads.
    fn pattern(&self, node: &Node) -> TokenStream {
        let handles: Vec<TokenStream> = node
            .value
            .handles()
            .into_iter()
            .map(|handle| {
                let ident = &handle.ident;
                if node.unread.contains(handle) { quote!(_) } else { quote!(#ident) }
            })
            .collect();
        tuple(&handles)
    }

    pub(super) fn cx(&self, at: Span) -> Ident {
        self.local("cx", at)
    }
}

/// Whether a value only passes through this group: it is defined by a node of an earlier one.
fn rest_defines(nodes: &[&Node], group: &[&Node], handle: &Handle) -> bool {
    let first = group.first().map_or(0, |node| node.id);
    nodes.iter().take_while(|node| node.id < first).any(|node| node.value.handles().contains(&handle))
}

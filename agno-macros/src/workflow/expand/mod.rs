//! [`Checked`] → Rust. What each construct becomes is written down in `docs/internals/expansion.md`.
//!
//! Locals that we invent have `mixed_site` hygiene; items have names that occur nowhere in the user's tokens.

mod args;
mod ask;
mod block;
mod builder;
mod condition;
mod container;
mod doors;
mod each;
mod loop_;
mod map;
mod on_error;
mod parallel;
mod plan;
mod plan_of;
mod router;
mod size;
mod sleep;
mod step;
mod workflow;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;

use super::{ast::Outline, check::Checked, graph::Handle, taken::Taken};
use crate::{paths::Root, reader::Reader};

pub(super) fn expand(checked: &Checked, taken: &Taken) -> TokenStream {
    let graph = checked.workflow();
    let (root, site) = (Root::find(graph.header.options.root.get()), graph.header.name.span());
    let expander = Expander { p: &root, taken, site, reader: Reader::Compiler };
    let outline = Outline { header: graph.header.clone(), declarations: graph.declarations.clone(), asks: graph.asks.clone() };
    let nodes = expander.plan_nodes(&graph.body);
    let body = expander.workflow_body(graph);
    expander.items(&outline, &nodes, &body)
}

/// A workflow of the right type that never runs.
pub(super) fn stub(outline: &Outline, taken: &Taken, reader: Reader) -> TokenStream {
    let (root, site) = (Root::find(outline.header.options.root.get()), outline.header.name.span());
    let expander = Expander { p: &root, taken, site, reader };
    let [uses, cx, input] = ["uses", "cx", "input"].map(|name| expander.local(name, site));
    let body = workflow::Body {
        input: input.clone(),
        block: quote!(let _ = (#uses, #cx, #input); ::core::unreachable!("a workflow that does not compile")),
    };
    expander.items(outline, &plan::Statics::default(), &body)
}

struct Expander<'a> {
    p: &'a Root,
    taken: &'a Taken,
    /// Where names of ours are looked up: where the workflow's name is.
    site: Span,
    reader: Reader,
}

impl Expander<'_> {
    /// The runtime, for a call in which a mistake is shown `at` tokens of the user's, and not at the whole macro.
    fn p_at(&self, at: Span) -> Root {
        self.p.at(self.ours(at))
    }

    /// Tokens of ours that stand `at` tokens of the user's.
    ///
    /// They have the syntax context of the user's, so that rustc shows a mistake there as if the user had written them, without a note about
    /// the macro. What keeps our names apart from the user's is that these do not occur in the user's tokens ([`Taken`]).
    fn ours(&self, at: Span) -> Span {
        self.reader.shown(at.resolved_at(self.site))
    }

    /// An item of ours.
    fn item(&self, name: &str) -> Ident {
        Ident::new(&self.taken.free(name), Span::mixed_site())
    }

    /// A local of ours.
    fn local(&self, name: &str, at: Span) -> Ident {
        Ident::new(&self.taken.free(name), self.ours(at))
    }

    /// The handle, as a mistake in it should be shown `at` tokens of the user's.
    fn handle_at(&self, handle: &Handle, at: Span) -> Ident {
        Ident::new(&handle.ident.to_string(), self.ours(at))
    }

    /// `<Ty as p::Trait>::member`, of which rustc says under the whole type that it is not implemented, and nothing else.
    fn member_of(&self, ty: &Type, name: &str, member: &str) -> TokenStream {
        let mut spans = quote!(#ty).into_iter().map(|token| token.span());
        let first = spans.next().unwrap_or_else(Span::mixed_site);
        let (first, last) = (self.reader.shown(first), self.reader.shown(spans.last().unwrap_or(first)));
        let (p, name, member) = (self.p.at(first), Ident::new(name, first), Ident::new(member, last));
        quote_spanned!(first=> <#ty as #p::#name>::#member)
    }
}

/// `a`, or `(a, b)`.
fn tuple<T: quote::ToTokens>(values: &[T]) -> TokenStream {
    match values {
        [one] => quote!(#one),
        _ => quote!((#(#values),*)),
    }
}

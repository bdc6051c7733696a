//! The plan: one static per node, which is also what the runtime needs to run the node.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Expr;

use super::Expander;
use crate::{
    args::DurationLit,
    workflow::{
        ast::{OnMax, Options},
        graph::{
            Args, Ask, Block, Call, Callee, Condition, Decision, Each, Kind, Loop, Map, Node, OnError, Otherwise, Parallel, Router, Sleep,
            Steps,
        },
        resolve::text,
        source,
    },
};

/// The nodes of a block, and the statics of all that are in it.
#[derive(Default)]
pub(super) struct Statics {
    pub(super) statics: TokenStream,
    pub(super) nodes: Vec<Ident>,
}

impl Statics {
    /// `&[&N0, &N1]`
    pub(super) fn list(&self) -> TokenStream {
        let nodes = &self.nodes;
        quote!(&[#(&#nodes),*])
    }
}

impl Expander<'_> {
    pub(super) fn node_static(&self, node: &Node) -> Ident {
        self.item(&format!("N{}", node.id))
    }

    /// The static of a decision or a fallback.
    pub(super) fn part_static(&self, node: &Node, part: &str) -> Ident {
        self.item(&format!("N{}_{part}", node.id))
    }

    pub(super) fn plan_nodes(&self, block: &Block) -> Statics {
        let mut statics = Statics::default();
        for node in &block.nodes {
            let ident = self.plan_node(node, &mut statics.statics);
            statics.nodes.push(ident);
        }
        statics
    }

    fn plan_node(&self, node: &Node, statics: &mut TokenStream) -> Ident {
        let Node { name, docs, was, direct, options, on_error, kind, .. } = node;
        let (p, ident, name) = (self.p, self.node_static(node), text(name));
        let mut fields = TokenStream::new();
        if let Some(label) = options.label.get() {
            fields.extend(quote!(label: ::core::option::Option::Some(#label),));
        }
        if let Some(docs) = docs {
            fields.extend(quote!(description: ::core::option::Option::Some(#docs),));
        }
        if let Some(was) = was {
            fields.extend(quote!(was: ::core::option::Option::Some(#was),));
        }
        if let Some(path) = options.migrate.get() {
            let at = syn::spanned::Spanned::span(path);
            let p = self.p_at(at);
            let recorded = Ident::new("recorded", Span::mixed_site());
            let migration =
                quote_spanned!(at=> #p::Migration::new(|#recorded| #p::migrate(#path, #recorded), || #p::migrated_schema(#path)));
            fields.extend(quote!(migration: ::core::option::Option::Some(#migration),));
        }
        if *direct {
            fields.extend(quote!(direct: true,));
        }
        fields.extend(self.plan_options(options, on_error));
        if let OnError::Fallback(other) = on_error {
            let fallback = self.part_static(node, "FALLBACK");
            let args = match kind {
                Kind::Call(call) => &call.args,
                _ => &Args::Piped(Vec::new()),
            };
            statics.extend(self.plan_call(&fallback, "fallback", &quote!(#p::NodeKind::Call), other, args));
            fields.extend(quote!(fallback: ::core::option::Option::Some(&#fallback),));
        }
        let (node_kind, own) = self.plan_kind(node, statics);
        fields.extend(own);
        statics.extend(quote!(static #ident: #p::Node = #p::Node { #fields ..#p::Node::new(#name, #node_kind) };));
        ident
    }

    /// The kind, and the fields that only this kind has.
    fn plan_kind(&self, node: &Node, statics: &mut TokenStream) -> (TokenStream, TokenStream) {
        let p = self.p;
        match &node.kind {
            Kind::Call(Call { callee, args }) => (quote!(#p::NodeKind::Call), self.plan_callee(callee, args)),
            Kind::Steps(Steps { body }) => (quote!(#p::NodeKind::Steps), self.plan_children(body, statics)),
            Kind::Parallel(Parallel { limit, branches }) => {
                let limit = option(limit.as_ref().map(|limit| number(limit, "usize")).as_ref());
                let children: Vec<Ident> = branches.iter().map(|branch| self.plan_node(branch, statics)).collect();
                (quote!(#p::NodeKind::Parallel { limit: #limit }), quote!(children: &[#(&#children),*],))
            }
            Kind::Each(Each { limit, item: _, captures: _, body }) => {
                let limit = limit.as_ref().map_or_else(|| quote!(16), ToTokens::to_token_stream);
                (quote!(#p::NodeKind::Each { limit: #limit }), self.plan_children(body, statics))
            }
            Kind::Condition(Condition { predicate, body, otherwise }) => {
                let decision = self.plan_decision(node, "IF", predicate, statics);
                let children = self.plan_children(body, statics);
                let (otherwise, other) = match otherwise {
                    Otherwise::PassesThrough => (quote!(PassesThrough), TokenStream::new()),
                    Otherwise::None => (quote!(None), TokenStream::new()),
                    Otherwise::Nodes(block) => {
                        let Statics { statics: inner, nodes } = self.plan_nodes(block);
                        statics.extend(inner);
                        (quote!(Nodes), quote!(otherwise: &[#(&#nodes),*],))
                    }
                };
                (quote!(#p::NodeKind::Condition { otherwise: #p::Otherwise::#otherwise }), quote!(#decision #children #other))
            }
            Kind::Loop(Loop { max, restart, on_max, current: _, next: _, body, until }) => {
                let decision = until.as_ref().map(|until| self.plan_decision(node, "UNTIL", until, statics));
                let children = self.plan_children(body, statics);
                let on_max = match on_max {
                    OnMax::Accept => quote!(Accept),
                    OnMax::Fail => quote!(Fail),
                };
                let until = until.is_some();
                let kind = quote!(#p::NodeKind::Loop { max: #max, restart: #restart, on_max: #p::OnMax::#on_max, until: #until });
                (kind, quote!(#decision #children))
            }
            Kind::Router(Router { selector, selected: _, many, arms }) => {
                let decision = self.plan_decision(node, "SELECT", selector, statics);
                let arms = arms.iter().map(|arm| {
                    let pattern = source::text(arm.pattern.to_token_stream());
                    let Statics { statics: inner, nodes } = self.plan_nodes(&arm.body);
                    statics.extend(inner);
                    quote!(#p::Arm { pattern: #pattern, nodes: &[#(&#nodes),*] })
                });
                let arms = quote!(arms: &[#(#arms),*],);
                let many = many.is_some();
                (quote!(#p::NodeKind::Router { many: #many }), quote!(#decision #arms))
            }
            Kind::Ask(Ask { ty, question, default }) => {
                let question = match &question.expr {
                    Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(question), .. }) => Some(question),
                    _ => None,
                };
                let (question, timeout) = (option(question), option(self.duration(node.options.timeout.get()).as_ref()));
                let default = default.is_some();
                let kind = quote!(#p::NodeKind::Ask { question: #question, timeout: #timeout, default: #default });
                let (value, codec) = (self.part_static(node, "VALUE"), self.member_of(ty, "WorkflowValue", "CODEC"));
                statics.extend(quote!(static #value: #p::Codec<#ty> = #codec;));
                (kind, quote!(value: ::core::option::Option::Some(|| #value.info()),))
            }
            Kind::Sleep(Sleep { duration }) => {
                let duration = duration.expand(p);
                (quote!(#p::NodeKind::Sleep { duration: #duration }), TokenStream::new())
            }
            Kind::Map(Map { closure: _ }) => (quote!(#p::NodeKind::Map), TokenStream::new()),
        }
    }

    fn plan_children(&self, body: &Block, statics: &mut TokenStream) -> TokenStream {
        let Statics { statics: inner, nodes } = self.plan_nodes(body);
        statics.extend(inner);
        quote!(children: &[#(&#nodes),*],)
    }

    fn plan_decision(&self, node: &Node, part: &str, decision: &Decision, statics: &mut TokenStream) -> TokenStream {
        let (p, ident) = (self.p, self.part_static(node, part));
        let name = part.to_lowercase();
        statics.extend(match decision {
            Decision::Step(Call { callee, args }) => self.plan_call(&ident, &name, &quote!(#p::NodeKind::Decision), callee, args),
            Decision::Closure(_) => quote!(static #ident: #p::Node = #p::Node::new(#name, #p::NodeKind::Decision);),
        });
        quote!(decision: ::core::option::Option::Some(&#ident),)
    }

    fn plan_call(&self, ident: &Ident, name: &str, kind: &TokenStream, callee: &Callee, args: &Args) -> TokenStream {
        let p = self.p;
        let fields = self.plan_callee(callee, args);
        quote!(static #ident: #p::Node = #p::Node { #fields ..#p::Node::new(#name, #kind) };)
    }

    fn plan_callee(&self, callee: &Callee, args: &Args) -> TokenStream {
        let p = self.p;
        let about = match callee {
            Callee::Path(path) => path.to_token_stream(),
            Callee::Use(_, ty) => ty.to_token_stream(),
        };
        let args = match args {
            Args::Piped(_) => None,
            Args::Given { args: _, names: _, text, parens: _ } => Some(quote!(args: ::core::option::Option::Some(&[#(#text),*]),)),
        };
        quote!(about: ::core::option::Option::Some(<<#about as #p::AnyType>::About>::about), #args)
    }

    /// `options: …`, if there are any.
    fn plan_options(&self, options: &Options, on_error: &OnError) -> TokenStream {
        let p = self.p;
        let Options { retry, backoff, max_backoff, retry_if: _, timeout, label: _, history, migrate: _, on_error: _ } = options;
        let mut fields = TokenStream::new();
        let mut field = |name: &str, value: Option<TokenStream>| {
            let name = format_ident!("{name}");
            let value = value.as_ref().map(|value| option(Some(value)));
            fields.extend(value.map(|value| quote!(#name: #value,)));
        };
        field("retry", retry.get().map(|retry| number(retry, "u32")));
        field("backoff", self.duration(backoff.get()));
        field("max_backoff", self.duration(max_backoff.get()));
        field("timeout", self.duration(timeout.get()));
        field("history", history.get().map(|history| history.expand(p)));
        let on_error = match on_error {
            OnError::Fail => None,
            OnError::Skip(_) => Some("Skip"),
            OnError::None => Some("None"),
            OnError::Fallback(_) => Some("Fallback"),
            OnError::Pause => Some("Pause"),
            OnError::Collect => Some("Collect"),
        };
        fields.extend(on_error.map(|on_error| {
            let on_error = format_ident!("{on_error}");
            quote!(on_error: #p::OnError::#on_error,)
        }));
        if fields.is_empty() { fields } else { quote!(options: #p::NodeOptions { #fields ..#p::NodeOptions::DEFAULT },) }
    }

    fn duration(&self, duration: Option<&DurationLit>) -> Option<TokenStream> {
        duration.map(|duration| duration.expand(self.p))
    }
}

/// A constant expression for an option, by a `let`: rustc would explain the `Some` around it.
fn number(value: &Expr, ty: &str) -> TokenStream {
    let at = syn::spanned::Spanned::span(value);
    let (number, ty) = (Ident::new("number", Span::mixed_site()), Ident::new(ty, at));
    quote_spanned!(at=> { let #number: ::core::primitive::#ty = #value; #number })
}

/// `Some(value)` or `None`.
fn option<T: ToTokens>(value: Option<&T>) -> TokenStream {
    match value {
        Some(value) => {
            let at = syn::spanned::Spanned::span(value);
            quote_spanned!(at=> ::core::option::Option::Some(#value))
        }
        None => quote!(::core::option::Option::None),
    }
}

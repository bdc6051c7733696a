//! What an editor gets in the place of a workflow's body: plain Rust with the user's names, from which it knows what each of them means.
//!
//! It is made of what was written, right or wrong, so that a half-typed workflow has names and types too. Nothing of ours has the span of a token
//! of the user's: what an editor finds at a name is what the name means. `docs/internals/ide.md` says what that is.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{ExprClosure, Path};

use super::{
    ast::{
        Ask, Block, Call, Condition, Decision, Each, Kind, Loop, Map, Node, OnError, Options, Otherwise, Parallel, Router, Step, Use,
        Workflow,
    },
    half_typed, parse,
    resolve::node_name,
    taken::Taken,
};
use crate::{args::Slot, diag::Errors, paths::Root};

/// `None` where not even the header could be read. Mistakes are told by who reads the workflow for good.
pub(super) fn sketch(input: TokenStream, taken: &Taken) -> Option<TokenStream> {
    let Workflow { header, declarations, body } = &parse::parse(half_typed::completed(input), &mut Errors::new()).workflow?;
    let p = Root::find(header.options.root.get());
    let [used, sketch, uses] = ["uses", "sketch", "Uses"].map(|name| Ident::new(&taken.free(name), Span::mixed_site()));
    let (input, input_type) = (&header.input, &header.input_type);
    let executors = declarations.uses.iter().map(|Use { docs, name, ty }| {
        let docs = docs.as_ref().map(|docs| quote!(#[doc = #docs]));
        quote!(#docs #name: #p::Arc<#ty>)
    });
    let drawing = Drawing { p: &p, uses: &declarations.uses, used: &used };
    let body = drawing.scope(body, &Value::one(again(input)), &[]).expr;
    Some(quote! {
        #[allow(warnings, clippy::all)]
        const _: () = {
            struct #uses { #(#executors),* }
            fn #sketch(#input: &#input_type, #used: &#uses) { let _ = #body; }
        };
    })
}

/// An expression for what a node gives: a reference, or a struct of one for each branch.
#[derive(Clone)]
struct Value {
    expr: TokenStream,
    shape: Shape,
}

#[derive(Clone)]
enum Shape {
    One,
    Branches(Vec<(Ident, Shape)>),
}

impl Value {
    fn one(expr: impl ToTokens) -> Self {
        Self { expr: expr.into_token_stream(), shape: Shape::One }
    }

    /// One expression for each value, if the whole is a name.
    fn flat(&self) -> Vec<TokenStream> {
        match &self.shape {
            Shape::One => vec![self.expr.clone()],
            Shape::Branches(branches) => branches
                .iter()
                .flat_map(|(name, shape)| {
                    let (whole, name) = (&self.expr, again(name));
                    Self { expr: quote!(#whole.#name), shape: shape.clone() }.flat()
                })
                .collect(),
        }
    }

    /// One reference: several values become a tuple.
    fn as_one(&self) -> TokenStream {
        if let Shape::One = self.shape {
            return self.expr.clone();
        }
        let (expr, whole) = (&self.expr, Ident::new("whole", Span::mixed_site()));
        let several = Self { expr: whole.to_token_stream(), shape: self.shape.clone() }.flat();
        quote!({ let #whole = #expr; &(#(::core::clone::Clone::clone(#several),)*) })
    }
}

struct Drawing<'a> {
    p: &'a Root,
    uses: &'a [Use],
    /// The executors.
    used: &'a Ident,
}

impl Drawing<'_> {
    /// A block, and what `until` adds to the end of it.
    fn scope(&self, block: &Block, piped: &Value, until: &[&Decision]) -> Value {
        let mut piped = piped.clone();
        let mut statements = TokenStream::new();
        for node in &block.nodes {
            let Value { expr, shape } = self.node(node, &piped);
            let (name, mention) = (declared(node), self.mention(node));
            statements.extend(quote!(#mention let #name = #expr;));
            piped = Value { expr: again(&name).into_token_stream(), shape };
        }
        let until = until.iter().map(|until| self.decision(until, &piped));
        let value = &piped.expr;
        Value { expr: quote!({ #statements #(let _ = #until;)* #value }), shape: piped.shape }
    }

    fn node(&self, node: &Node, piped: &Value) -> Value {
        match &node.kind {
            Kind::Step(Step { call, alias: _, options, end: _ }) => {
                self.with_options(Value::one(self.call(call, mentioned(node).is_some())), options)
            }
            Kind::Steps(steps) => self.with_options(self.scope(&steps.body, piped, &[]), &steps.options),
            Kind::Parallel(parallel) => self.parallel(parallel, piped),
            Kind::Each(each) => self.each(each, piped),
            Kind::Condition(condition) => self.condition(condition, piped),
            Kind::Loop(r#loop) => self.loop_(r#loop, piped),
            Kind::Router(router) => self.router(router, piped),
            Kind::Ask(Ask { name: _, ty, question, default, options }) => {
                let p = self.p;
                let default = default.iter();
                self.with_options(Value::one(quote!({ let _ = #question; #(let _: #ty = #default;)* #p::sketch::any::<&#ty>() })), options)
            }
            Kind::Sleep(_) => piped.clone(),
            Kind::Map(Map { keyword: _, alias: _, closure, options }) => {
                let value = self.closure(closure, piped);
                self.with_options(Value::one(quote!(&#value)), options)
            }
        }
    }

    fn parallel(&self, parallel: &Parallel, piped: &Value) -> Value {
        let Parallel { name: _, limit, options, branches } = parallel;
        let (p, collects) = (self.p, matches!(options.on_error.get(), Some(OnError::Collect)));
        let branches: Vec<(Ident, Value)> = branches
            .nodes
            .iter()
            .map(|node| {
                let value = self.node(node, piped);
                let one = value.as_one();
                (declared(node), if collects { Value::one(quote!(#p::sketch::tried(#one))) } else { value })
            })
            .collect();
        let names = branches.iter().map(|(name, _)| name);
        let types: Vec<Ident> = (0..branches.len()).map(|index| format_ident!("T{index}")).collect();
        let values = branches.iter().map(|(name, value)| {
            let (name, value) = (again(name), &value.expr);
            quote!(#name: #value)
        });
        let (limit, mentions) = (limit.iter(), parallel.branches.nodes.iter().map(|node| self.mention(node)));
        let expr = quote!({
            #(let _: usize = #limit;)*
            #(#mentions)*
            struct Branches<#(#types),*> { #(#names: #types),* }
            Branches { #(#values),* }
        });
        let shape = Shape::Branches(branches.iter().map(|(name, value)| (again(name), value.shape.clone())).collect());
        self.with_options(Value { expr, shape }, options)
    }

    fn each(&self, each: &Each, piped: &Value) -> Value {
        let Each { name: _, item, limit, options, body } = each;
        let (p, list, limit) = (self.p, piped.as_one(), limit.iter());
        let own = item.clone().unwrap_or_else(|| Ident::new("item", Span::mixed_site()));
        let body = self.scope(body, &Value::one(again(&own)), &[]).as_one();
        let collects = matches!(options.on_error.get(), Some(OnError::Collect));
        let body = if collects { quote!(#p::sketch::tried(#body)) } else { body };
        let expr = quote!({ #(let _: usize = #limit;)* let #own = #p::sketch::item(#list); #p::sketch::list(#body) });
        self.with_options(Value::one(expr), options)
    }

    fn condition(&self, condition: &Condition, piped: &Value) -> Value {
        let Condition { name: _, predicate, options, body, otherwise } = condition;
        let (p, decision, body) = (self.p, self.decision(predicate, piped), self.scope(body, piped, &[]));
        let side = &body.expr;
        let value = match otherwise {
            Otherwise::PassesThrough => {
                let before = &piped.expr;
                Value { expr: quote!({ let _ = #decision; let _ = #side; #before }), shape: piped.shape.clone() }
            }
            Otherwise::None => {
                let value = body.as_one();
                Value::one(quote!({ let _ = #decision; #p::sketch::maybe(#value) }))
            }
            Otherwise::Nodes(other) => {
                let other = self.scope(other, piped, &[]).expr;
                Value { expr: quote!({ let _ = #decision; let _ = #other; #side }), shape: body.shape }
            }
        };
        self.with_options(value, options)
    }

    fn loop_(&self, r#loop: &Loop, piped: &Value) -> Value {
        let Loop { name: _, drafts, max, until, on_max: _, restart: _, options, body } = r#loop;
        let before = piped.flat();
        let drafts = drafts.iter().zip(&before).map(|(draft, before)| quote!(let #draft = #before;));
        let Value { expr, shape } = self.scope(body, piped, &until.iter().collect::<Vec<_>>());
        self.with_options(Value { expr: quote!({ let _: u32 = #max; #(#drafts)* #expr }), shape }, options)
    }

    fn router(&self, router: &Router, piped: &Value) -> Value {
        let Router { name: _, selector, many, options, arms } = router;
        let (p, selected) = (self.p, self.decision(selector, piped));
        let selected = if *many { quote!(#p::sketch::item(#selected)) } else { selected };
        let bodies: Vec<Value> = arms.iter().map(|arm| self.scope(&arm.body, piped, &[])).collect();
        let matched = arms.iter().zip(&bodies).map(|(arm, body)| {
            let (pattern, guard, body) = (&arm.pattern, arm.guard.iter(), &body.expr);
            quote!(#pattern #(if #guard)* => #body)
        });
        let expr = quote!({ use #p::Pattern as _; match #p::sketch::shared(#selected).pattern() { #(#matched)* } });
        let shape = bodies.first().map_or(Shape::One, |body| body.shape.clone());
        self.with_options(Value { expr, shape }, options)
    }

    /// A reference to what is decided.
    fn decision(&self, decision: &Decision, piped: &Value) -> TokenStream {
        match decision {
            Decision::Step(call) => self.call(call, false),
            Decision::Closure(closure) => {
                let value = self.closure(closure, piped);
                quote!(&#value)
            }
        }
    }

    fn closure(&self, closure: &ExprClosure, piped: &Value) -> TokenStream {
        let (p, piped) = (self.p, piped.flat());
        let pick = if let [_] = piped.as_slice() { format_ident!("pick") } else { format_ident!("pick{}", piped.len()) };
        quote!(#p::#pick(#(#piped,)* #closure))
    }

    fn call(&self, call: &Call, is_mentioned: bool) -> TokenStream {
        let Call { path, args } = call;
        let args = args.iter().flat_map(|args| &args.exprs);
        let (p, door) = (self.p, self.door(path, is_mentioned));
        quote!({ #(let _ = &(#args);)* #p::sketch::given(#door) })
    }

    fn door(&self, path: &Path, is_mentioned: bool) -> TokenStream {
        let (p, used) = (self.p, self.used);
        let shown = if is_mentioned { elsewhere(path.to_token_stream()) } else { path.to_token_stream() };
        if self.is_use(path) { quote!(#used.#shown.enter_value(#p::sketch::any())) } else { quote!(<#shown>::enter(#p::sketch::any())) }
    }

    /// A step that is named by nothing else stands before its name: an editor that completes it compares two expansions, which
    /// must be the same up to there.
    fn mention(&self, node: &Node) -> Option<TokenStream> {
        let (path, used) = (mentioned(node)?, self.used);
        Some(if self.is_use(path) { quote!(let _ = &#used.#path;) } else { quote!(let _: #path;) })
    }

    fn is_use(&self, path: &Path) -> bool {
        path.get_ident().is_some_and(|name| self.uses.iter().any(|used| used.name == *name))
    }

    /// The names in options, and what a failure makes of the value.
    fn with_options(&self, value: Value, options: &Options) -> Value {
        let Options { retry, backoff: _, max_backoff: _, retry_if, timeout: _, label: _, history: _, migrate, on_error } = options;
        let p = self.p;
        let paths = [retry_if, migrate].into_iter().filter_map(Slot::get).map(ToTokens::to_token_stream);
        let mut mentioned: Vec<TokenStream> = retry.get().map(ToTokens::to_token_stream).into_iter().chain(paths).collect();
        let value = match on_error.get() {
            Some(OnError::None) => {
                let one = value.as_one();
                Value::one(quote!(#p::sketch::maybe(#one)))
            }
            Some(OnError::Fallback(path)) => {
                mentioned.push(self.door(path, false));
                value
            }
            Some(OnError::Fail | OnError::Skip(_) | OnError::Pause | OnError::Collect) | None => value,
        };
        if mentioned.is_empty() {
            return value;
        }
        let expr = value.expr;
        Value { expr: quote!({ #(let _ = #mentioned;)* #expr }), shape: value.shape }
    }
}

/// Where a node's name is declared. A step that is named by nothing else is where its line ends: its name leads to its function.
fn declared(node: &Node) -> Ident {
    let mut name = node_name(node);
    if let Kind::Step(Step { alias: None, end, .. }) = &node.kind {
        name.set_span(end.resolved_at(name.span()));
    }
    name
}

/// The path of a step that is named by nothing else.
fn mentioned(node: &Node) -> Option<&Path> {
    match &node.kind {
        Kind::Step(Step { call, alias: None, .. }) => Some(&call.path),
        _ => None,
    }
}

/// The same name, where it is not the user's token.
fn again(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(Span::call_site().resolved_at(name.span()));
    name
}

/// The same path, where it is not the user's tokens.
fn elsewhere(tokens: TokenStream) -> TokenStream {
    let tokens = tokens.into_iter().map(|mut token| {
        token.set_span(Span::call_site().resolved_at(token.span()));
        token
    });
    tokens.collect()
}

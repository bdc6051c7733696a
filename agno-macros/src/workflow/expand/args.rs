//! What an attempt is called with.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};

use super::Expander;
use crate::workflow::graph::{Arg, Args, Closure, Expression, Handle, Name, Names, Value};

/// The arguments of `go` or `go_with` after the node.
pub(super) struct Attempt {
    /// `go` where every argument is a whole value, else `go_with`.
    pub(super) method: &'static str,
    /// `(&h_a, &h_b), |call| …`, without `(…)` for `go_with`
    pub(super) args: TokenStream,
}

impl Expander<'_> {
    /// `at`: the user's path, where a mistake in what is piped is shown.
    pub(super) fn attempt(&self, args: &Args, at: Span) -> Attempt {
        let (passed, names, parens) = match args {
            Args::Piped(handles) => {
                let piped = handles.iter().cloned().map(|(handle, branch)| match branch {
                    Some(name) => Arg::Branch(handle, name),
                    None => Arg::Handle(handle, at),
                });
                (piped.collect(), &Names::default(), None)
            }
            Args::Given { args, names, text: _, parens } => (args.clone(), names, Some(*parens)),
        };
        let whole: Option<Vec<TokenStream>> = passed
            .iter()
            .map(|arg| match arg {
                Arg::Handle(handle, at) => {
                    let handle = self.handle_at(handle, *at);
                    Some(quote_spanned!(*at=> &#handle))
                }
                Arg::Branch(handle, _) => {
                    let handle = self.handle_at(handle, at);
                    Some(quote_spanned!(at=> &#handle))
                }
                Arg::Place(_) | Arg::Value(_) => None,
            })
            .collect();
        let closure = self.closure_of_call(&passed, names, at, parens);
        match whole {
            Some(handles) => Attempt { method: "go", args: quote_spanned!(at=> (#(#handles,)*), #closure) },
            None => Attempt { method: "go_with", args: closure },
        }
    }

    fn closure_of_call(&self, args: &[Arg], names: &Names, at: Span, parens: Option<Span>) -> TokenStream {
        let is_piped = parens.is_none();
        let mut handles: Vec<&Handle> = names.handles().into_iter().collect();
        handles.extend(args.iter().filter_map(|arg| match arg {
            Arg::Handle(handle, _) | Arg::Branch(handle, _) => Some(handle),
            Arg::Place(_) | Arg::Value(_) => None,
        }));
        handles.sort();
        handles.dedup();
        let clones = self.clones(&handles);
        let lets = self.lets(names);
        let args = args.iter().map(|arg| match arg {
            Arg::Handle(handle, at) => {
                let value = self.handle_at(handle, *at);
                let value = quote_spanned!(*at=> &*#value);
                if is_piped { unsuggested(value, *at) } else { value }
            }
            // What rustc suggests to swap or to remove are the branches' names.
            Arg::Branch(handle, name) => {
                let value = self.handle_at(handle, *name);
                quote_spanned!(*name=> &*#value)
            }
            Arg::Place(expr) => quote!(#expr),
            Arg::Value(expr) => {
                let at = syn::spanned::Spanned::span(expr);
                quote_spanned!(at=> &(#expr))
            }
        });
        let call = self.local("call", at);
        let method = Ident::new("call", at);
        // The user's own parentheses, where rustc suggests what is missing.
        let mut args = Group::new(Delimiter::Parenthesis, quote!(#(#args),*));
        args.set_span(parens.unwrap_or(at));
        let called = quote_spanned!(at=> #call.#method #args.await);
        if handles.is_empty() {
            quote!(|#call| async move { #lets #called })
        } else {
            quote!(|#call| { #clones async move { #lets #called } })
        }
    }

    /// `let h = Clone::clone(&h);`: pointers, for code that must own what it reads.
    pub(super) fn clones(&self, handles: &[&Handle]) -> TokenStream {
        let idents: Vec<&Ident> = handles.iter().map(|handle| &handle.ident).collect();
        match idents.as_slice() {
            [] => TokenStream::new(),
            [one] => quote!(let #one = ::core::clone::Clone::clone(&#one);),
            _ => quote!(let (#(#idents),*) = (#(::core::clone::Clone::clone(&#idents)),*);),
        }
    }

    /// The user's names, as references.
    pub(super) fn lets(&self, names: &Names) -> TokenStream {
        names.0.iter().map(|name| self.let_name(name)).collect()
    }

    fn let_name(&self, name: &Name) -> TokenStream {
        match name {
            Name::Value(ident, Handle { ident: handle, id: _ }) => quote!(#[allow(unused_variables)] let #ident = &*#handle;),
            Name::Branches(ident, branches) => {
                let value = branches_value(branches);
                quote!(#[allow(unused_variables)] let #ident = #value;)
            }
            Name::Binding(pattern, Handle { ident: matched, id: _ }) => {
                let pattern = match &**pattern {
                    syn::Pat::Or(pattern) => quote!((#pattern)),
                    pattern => quote!(#pattern),
                };
                quote! {
                    #[allow(irrefutable_let_patterns, unreachable_patterns, unused_variables, unused_parens)]
                    let #pattern = #matched.pattern() else { ::core::unreachable!() };
                }
            }
        }
    }

    /// `|| { let topic = &*h_topic; p::decide(&*h_draft, |d| …) }`
    pub(super) fn over_piped(&self, function: &str, closure: &Closure) -> TokenStream {
        let Closure { closure, piped, names } = closure;
        let at = closure.inputs_begin.spans[0];
        let p = self.p_at(at);
        let function = match piped.len() {
            1 => Ident::new(function, at),
            several => format_ident!("{function}{several}", span = at),
        };
        let piped = piped.iter().map(|handle| {
            let handle = self.handle_at(handle, at);
            quote_spanned!(at=> &*#handle)
        });
        let lets = self.lets(names);
        let applied = quote_spanned!(at=> #p::#function(#(#piped,)* #closure));
        if lets.is_empty() { quote!(|| #applied) } else { quote!(|| { #lets #applied }) }
    }

    /// How the value of a closure is recorded: the only place that asks whether it can be, shown at the closure.
    pub(super) fn codec_of(&self, closure: &Closure) -> TokenStream {
        let at = closure.closure.inputs_begin.spans[0];
        let p = self.p_at(at);
        quote_spanned!(at=> <_ as #p::StepOutput>::CODEC)
    }

    /// The expression, with the names that it uses in scope.
    pub(super) fn expression(&self, expression: &Expression) -> TokenStream {
        let Expression { expr, names } = expression;
        let lets = self.lets(names);
        if lets.is_empty() { quote!(#expr) } else { quote!({ #lets #expr }) }
    }
}

/// What is piped stands at the step's name. Were there too much of it, rustc would suggest to remove it, and so the name; what stands in braces
/// of ours it leaves alone.
fn unsuggested(value: TokenStream, at: Span) -> TokenStream {
    let mut braces = Group::new(Delimiter::Brace, value);
    braces.set_span(Span::mixed_site().located_at(at));
    TokenTree::from(braces).into()
}

/// A local struct with a field per branch, so that `research.pages.len()` means what it says.
fn branches_value(value: &Value) -> TokenStream {
    match value {
        Value::One(Handle { ident, id: _ }) => quote!(&*#ident),
        Value::Many(branches) => {
            let fields: Vec<&Ident> = branches.iter().map(|(name, _)| name).collect();
            let types: Vec<Ident> = (0..fields.len()).map(|index| format_ident!("T{index}")).collect();
            let values = branches.iter().map(|(_, value)| branches_value(value));
            quote!({
                #[allow(dead_code)]
                struct Branches<#(#types),*> { #(#fields: #types),* }
                Branches { #(#fields: #values),* }
            })
        }
    }
}

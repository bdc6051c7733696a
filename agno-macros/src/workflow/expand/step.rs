//! A step, a nested workflow or an executor: one expansion, since the macro sees identifiers only.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

use super::{Expander, args::Attempt};
use crate::workflow::{
    ast::Options,
    graph::{Args, Call, Callee, Decision},
};

/// Where the call stands, which decides how the door is opened.
#[derive(Clone, Copy)]
pub(super) enum Enter {
    /// A node: `Break` ends the workflow.
    Node,
    /// A predicate or a selector: no `Break`.
    Decision,
}

impl Expander<'_> {
    /// The `Result` of a node.
    pub(super) fn call(&self, call: &Call, node: &Ident, options: &Options) -> TokenStream {
        let Call { callee, args } = call;
        self.go(callee, args, node, Some(options), Enter::Node)
    }

    /// `options`: those whose functions have to fit the types of what runs.
    pub(super) fn go(&self, callee: &Callee, args: &Args, node: &Ident, options: Option<&Options>, enter: Enter) -> TokenStream {
        let at = callee.span();
        let cx = self.local("cx", at);
        let position = match enter {
            Enter::Node => Ident::new("at", self.ours(at)),
            Enter::Decision => Ident::new("deciding", self.ours(at)),
        };
        let position = quote_spanned!(self.ours(at)=> #cx.#position());
        let door = match callee {
            Callee::Path(path) => quote_spanned!(at=> <#path>::enter({ #position })),
            Callee::Use(name, _) => {
                let uses = self.local("uses", at);
                quote_spanned!(at=> #uses.#name.enter_value({ #position }))
            }
        };
        let with = |function: &str, path: Option<&Path>| {
            path.map(|path| {
                let at = self.ours(syn::spanned::Spanned::span(path));
                let function = Ident::new(function, at);
                quote_spanned!(at=> .#function(#path))
            })
        };
        let retry_if = with("retry_if", options.and_then(|options| options.retry_if.get()));
        let migrate = with("migrate", options.and_then(|options| options.migrate.get()));
        let Attempt { method, args } = self.attempt(args, at);
        let method = Ident::new(method, at);
        quote_spanned!(at=> #door #retry_if #migrate.#method(&#node, #args).await)
    }

    /// The value of a predicate or a selector: a `Shared` of it, or for a closure what `function` makes of it.
    pub(super) fn decision(&self, decision: &Decision, node: &Ident, method: &str) -> TokenStream {
        match decision {
            Decision::Step(Call { callee, args }) => {
                let at = callee.span();
                let p = self.p_at(at);
                let value = self.go(callee, args, node, None, Enter::Decision);
                let value = quote_spanned!(self.ours(at)=> #value.map_err(#p::undecided)?);
                let decided = self.local("decided", at);
                // By a name, so that a decision that is no `bool` is shown at the predicate.
                if method == "decide" {
                    quote_spanned!(at=> { let #decided = #value; let #decided: #p::Shared<bool> = #decided; *#decided })
                } else {
                    value
                }
            }
            Decision::Closure(closure) => {
                let cx = self.local("cx", closure.closure.inputs_begin.spans[0]);
                let apply = self.over_piped(if method == "decide" { "decide" } else { "pick" }, closure);
                let codec = (method != "decide").then(|| self.codec_of(closure)).map(|codec| quote!(, #codec));
                let method = Ident::new(method, cx.span());
                quote_spanned!(cx.span()=> #cx.#method(&#node, #apply #codec)?)
            }
        }
    }
}

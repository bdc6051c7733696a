//! What the failure of a node means. `E` is the construct's own `Result`.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::{Expander, ask, container, each, loop_, map, parallel, sleep, step::Enter, tuple};
use crate::workflow::graph::{Args, Kind, Node, OnError};

impl Expander<'_> {
    /// The handles of a node: flat, as a tuple if there are several.
    pub(super) fn value_of(&self, node: &Node) -> TokenStream {
        let at = self.ours(node.at);
        let id = self.node_static(node);
        let cx = self.cx(node.at);
        let own = self.own_result(node);
        let [stop, open, out] = ["stop", "open", "out"].map(|name| self.local(name, node.at));
        let values: Vec<_> = (0..node.own_count()).map(|index| self.local(&format!("v{index}"), node.at)).collect();
        let pattern = tuple(&values);
        match &node.on_error {
            OnError::Fail | OnError::Collect => quote_spanned!(at=> #own?),
            OnError::Skip(_) => {
                let given = quote_spanned!(at=> match #own {
                    ::core::result::Result::Ok(#pattern) => ::core::option::Option::Some(#pattern),
                    ::core::result::Result::Err(#stop) => { #cx.tolerate(&#id, #stop)?; ::core::option::Option::None }
                });
                self.or_piped(&given, node, node.at)
            }
            OnError::None => {
                let value = self.as_one(&values.iter().map(|value| quote_spanned!(at=> #value)).collect::<Vec<_>>(), node.at);
                let some = self.some(&value, values.len() > 1, node.at);
                quote_spanned!(at=> match #own {
                    ::core::result::Result::Ok(#pattern) => #some,
                    ::core::result::Result::Err(#stop) => { #cx.tolerate(&#id, #stop)?; #cx.none() }
                })
            }
            OnError::Fallback(other) => {
                let mut args = match &node.kind {
                    Kind::Call(call) => call.args.clone(),
                    _ => Args::Piped(Vec::new()),
                };
                // The parentheses are those of the node, which stand before the fallback's name.
                if let Args::Given { parens, .. } = &mut args {
                    *parens = other.span();
                }
                let fallback = self.part_static(node, "FALLBACK");
                // The branch that gives another type is the fallback's, so a mismatch is shown at its name.
                let (given, there) = (self.local("out", other.span()), self.ours(other.span()));
                let given = quote_spanned!(there=> #given?);
                let other = self.go(other, &args, &fallback, None, Enter::Node);
                quote_spanned!(at=> match #own {
                    ::core::result::Result::Ok(#pattern) => #pattern,
                    ::core::result::Result::Err(#stop) => {
                        #cx.tolerate(&#id, #stop)?;
                        let #open = #cx.within(&#id);
                        let #out = #other;
                        #cx.leave(#open);
                        #given
                    }
                })
            }
            // A container that is opened here decides inside of itself.
            OnError::Pause if container::decides_inside(node) => quote_spanned!(at=> #own?),
            OnError::Pause => self.until_decided(node, &own, |value| quote_spanned!(at=> #value)),
        }
    }

    /// What the node gave, an `Option`, or what is piped into it.
    pub(super) fn or_piped(&self, given: &TokenStream, node: &Node, at: Span) -> TokenStream {
        let (p, there) = (self.p_at(at), self.ours(at));
        let piped: Vec<_> = node.piped.handles().into_iter().map(|handle| self.handle_at(handle, at)).collect();
        if let [piped] = piped.as_slice() {
            // By a name, so that rustc knows its type when it comes to the bound.
            let value = self.local("given", at);
            return quote_spanned!(there=> { let #value = #given; <_ as #p::SameAs<_>>::or_piped(&#piped, #value) });
        }
        // Several values: all are given, or none.
        let values: Vec<_> = (0..piped.len()).map(|index| self.local(&format!("v{index}"), at)).collect();
        let none = piped.iter().map(|_| quote_spanned!(there=> ::core::option::Option::None));
        quote_spanned!(there=> {
            let (#(#values),*) = match #given {
                ::core::option::Option::Some((#(#values),*)) => (#(::core::option::Option::Some(#values)),*),
                ::core::option::Option::None => (#(#none),*),
            };
            (#(<_ as #p::SameAs<_>>::or_piped(&#piped, #values)),*)
        })
    }

    /// `loop { match E { Ok(v) => break v, Err(stop) => … } }`: a person says whether to try again, to skip or to fail.
    pub(super) fn until_decided(&self, node: &Node, own: &TokenStream, wrap: impl Fn(&TokenStream) -> TokenStream) -> TokenStream {
        let at = self.ours(node.at);
        let id = self.node_static(node);
        let cx = self.cx(node.at);
        let [stop, value, passed] = ["stop", "value", "passed"].map(|name| self.local(name, node.at));
        let done = wrap(&quote_spanned!(at=> #value));
        let piped: Vec<_> = node.piped.handles().into_iter().map(|handle| self.handle_at(handle, node.at)).collect();
        let decided = match piped.as_slice() {
            [piped] if node.own_count() == 1 => {
                let skipped = wrap(&quote_spanned!(at=> #passed));
                quote_spanned!(at=> if let ::core::option::Option::Some(#passed) = #cx.decide_error(&#id, #stop, &#piped)? { break #skipped })
            }
            _ => quote_spanned!(at=> #cx.decide_retry(&#id, #stop)?),
        };
        quote_spanned!(at=> loop {
            match #own {
                ::core::result::Result::Ok(#value) => break #done,
                ::core::result::Result::Err(#stop) => { #decided }
            }
        })
    }

    fn own_result(&self, node: &Node) -> TokenStream {
        let id = self.node_static(node);
        match &node.kind {
            Kind::Call(call) => self.call(call, &id, &node.options),
            Kind::Steps(steps) => container::expand_steps(self, node, steps),
            Kind::Parallel(parallel) => parallel::expand_parallel(self, node, parallel),
            Kind::Each(each) => each::expand_each(self, node, each),
            Kind::Condition(condition) => super::condition::expand_condition(self, node, condition),
            Kind::Loop(r#loop) => loop_::expand_loop(self, node, r#loop),
            Kind::Router(router) => super::router::expand_router(self, node, router),
            Kind::Ask(ask) => ask::expand_ask(self, node, ask),
            Kind::Sleep(sleep) => sleep::expand_sleep(self, node, sleep),
            Kind::Map(map) => map::expand_map(self, node, map),
        }
    }
}
